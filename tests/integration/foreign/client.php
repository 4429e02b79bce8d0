<?php
// PHP's SoapClient as a foreign client: one JSON request a line in, one JSON answer a line out.
// php client.php WSDL-URL 1.1|1.2

const OGSI = "http://www.gridforum.org/namespaces/2003/03/OGSI";
// The client gives foreign markup as text and drops the declarations of the envelope around it.
const AROUND = '<v xmlns:ogsi="' . OGSI . '" xmlns:gma="urn:gma-twisted:2026:core">%s</v>';

function local(string $name): string
{
    return substr((string) strrchr(":" . $name, ":"), 1);
}

function value(DOMElement $node): array
{
    $found = ["name" => $node->localName, "attributes" => (object) [], "text" => "", "children" => []];
    foreach ($node->attributes as $one) {
        $found["attributes"]->{$one->localName} = $one->value;
    }
    foreach ($node->childNodes as $one) {
        if ($one instanceof DOMElement) {
            $found["children"][] = value($one);
        } else {
            $found["text"] .= trim($one->nodeValue);
        }
    }
    return $found;
}

// A value the WSDL has no type of comes as text, one with an xsi:type as an object or a scalar.
function values(object $answer): array
{
    $any = $answer->result->any["serviceDataValues"]->any;
    if (is_string($any)) {
        $document = new DOMDocument();
        $document->loadXML(sprintf(AROUND, $any));
        return value($document->documentElement)["children"];
    }
    $found = [];
    foreach ($any as $name => $one) {
        $found[] = [
            "name" => is_string($name) ? $name : "",
            "attributes" => (object) array_filter((array) (is_object($one) ? $one : []), "is_string"),
            "text" => is_scalar($one) ? (string) $one : "",
            "children" => [],
        ];
    }
    return $found;
}

function asked(string $expression): array
{
    return ["queryExpression" => ["any" => $expression]];
}

function named(array $names): string
{
    $inner = implode("", array_map(fn ($name) => "<q:name>$name</q:name>", $names));
    return '<q:queryByServiceDataNames xmlns:q="' . OGSI . "\">$inner</q:queryByServiceDataNames>";
}

function answered(SoapClient $client, array $request): mixed
{
    switch ($request["operation"]) {
        case "find":
            return values($client->findServiceData(asked(named($request["names"]))));
        case "ask":
            return values($client->findServiceData(asked($request["expression"])));
        case "enumProviders":
            $found = $client->enumProviders(["rescanConfig" => false])->ServiceDataProviders;
            return is_array($found) ? $found : [$found];
        case "executeProvider":
            $client->executeProvider(["ServiceDataProviderExecution" => [
                "serviceDataProviderName" => $request["name"],
                "serviceDataProviderArgs" => $request["words"],
            ]]);
            return null;
        case "register":
            $parts = $request["registration"];
            $parts["content"] = ["any" => $parts["content"]];
            return $client->registerService($parts);
        case "renew":
            $parts = ["entry" => $request["entries"], "lifetime" => $request["lifetime"]];
            $found = $client->renewServices($parts)->result;
            return is_array($found) ? $found : [$found];
        case "unregister":
            $client->unregisterService(["handle" => $request["handle"]]);
            return null;
        case "add":
            $member = ["handle" => $request["handle"]];
            return $client->add(["serviceLocator" => $member])->serviceLocator->handle;
        case "destroy":
            $client->destroy();
            return null;
    }
}

function told(SoapFault $fault): array
{
    $kind = (string) array_key_first((array) $fault->detail);
    $detail = $fault->detail->{$kind};
    return [
        "kind" => $kind,
        "side" => local($fault->faultcode),
        "message" => $fault->getMessage(),
        "description" => $detail->description,
        "handle" => $detail->originator->handle,
        "timestamp" => $detail->timestamp,
        "code" => $detail->faultcode,
    ];
}

$client = new SoapClient($argv[1], [
    "soap_version" => $argv[2] === "1.2" ? SOAP_1_2 : SOAP_1_1,
    "trace" => true,
    "cache_wsdl" => WSDL_CACHE_NONE,
]);
while (($line = fgets(STDIN)) !== false) {
    try {
        $answer = ["value" => answered($client, json_decode($line, true))];
    } catch (SoapFault $fault) {
        $answer = ["fault" => told($fault)];
    }
    $answer["envelope"] = $client->__getLastResponse();
    echo json_encode($answer), "\n";
}
