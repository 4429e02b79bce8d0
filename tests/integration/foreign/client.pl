# Perl's SOAP::Lite as a foreign client: one JSON request a line in, one JSON answer a line out.
# perl client.pl SERVICE-URL; it is told the namespaces: SOAP::Lite's own reading of a WSDL knows only one.
use strict;
use warnings;
use JSON::PP;
use SOAP::Lite;

my $OGSI = "http://www.gridforum.org/namespaces/2003/03/OGSI";
my $PX = "http://www.globus.org/namespaces/2003/04/service_data_provider_execution";
my $REG = "urn:gma-twisted:2026:registration";
my ($url) = @ARGV;
my $client = SOAP::Lite->proxy($url);
# SOAP::Lite gives up at an xsi:type it does not know: these are the ones of standard service data.
$client->deserializer->xmlschemas->{$OGSI} = "OGSIType";
$| = 1;

package OGSIType {
    sub AUTOLOAD { return $_[1] }
    sub can { return \&AUTOLOAD }
}

sub element {
    my ($name, @content) = @_;
    return SOAP::Data->name($name)->value(ref $content[0] ? \SOAP::Data->value(@content) : $content[0])->type("");
}

# Elements of a structure, several for a list; the order of a hash is none, and need be none. Without a type
# SOAP::Lite escapes nothing.
sub parts {
    my ($told) = @_;
    my @found;
    for my $name (keys %$told) {
        my $value = $told->{$name};
        for my $one (ref $value eq "ARRAY" ? @$value : $value) {
            push @found, ref $one ? element($name, parts($one)) : element($name, $one)->type("string");
        }
    }
    return @found;
}

sub call {
    my ($namespace, $operation, @parts) = @_;
    $client->default_ns($namespace);
    $client->on_action(sub { "\"$namespace#$operation\"" });
    return $client->call($operation, @parts);
}

sub value {
    my ($data) = @_;
    my %attributes;
    my $told = $data->attr || {};
    for my $key (keys %$told) {
        (my $local = $key) =~ s/^.*[:}]//;
        $attributes{$local} = $told->{$key};
    }
    return {name => $data->name, attributes => \%attributes, text => "", children => []};
}

# The tree of an answer; a SOM shows the elements of one place at a time.
sub values_at {
    my ($som, $path) = @_;
    my @found;
    my $number = 0;
    for my $data ($som->dataof("$path/*")) {
        $number += 1;
        my $one = value($data);
        $one->{children} = values_at($som, "$path/[$number]");
        $one->{text} = "" . $data->value if !ref $data->value && defined $data->value;
        push @found, $one;
    }
    return \@found;
}

sub answered {
    my ($request) = @_;
    my $operation = $request->{operation};
    if ($operation eq "find" || $operation eq "ask") {
        my @names = map { element("name", $_) } @{$request->{names} || []};
        my $query = $operation eq "find"
            ? element("queryByServiceDataNames", @names)
            : SOAP::Data->type(xml => $request->{expression});
        return call($OGSI, "findServiceData", element("queryExpression", $query));
    }
    if ($operation eq "enumProviders") {
        return call($PX, "enumProviders", element("rescanConfig", "false"));
    }
    if ($operation eq "register") {
        my %parts = %{$request->{registration}};
        my $content = SOAP::Data->type(xml => delete $parts{content});
        return call($REG, "registerService", parts(\%parts), element("content", $content));
    }
    if ($operation eq "renew") {
        my %parts = (entry => $request->{entries}, lifetime => $request->{lifetime});
        return call($REG, "renewServices", parts(\%parts));
    }
    return call($REG, "unregisterService", element("handle", $request->{handle})) if $operation eq "unregister";
    return call($OGSI, "add", element("serviceLocator", element("handle", $request->{handle}))) if $operation eq "add";
    return call($OGSI, "destroy") if $operation eq "destroy";
    return call($PX, "executeProvider", element("ServiceDataProviderExecution",
        element("serviceDataProviderName", $request->{name}),
        element("serviceDataProviderArgs", $request->{words})));
}

sub native {
    my ($operation, $som) = @_;
    my $answer = "/Envelope/Body/[1]";
    return [$som->valueof("$answer/result")] if $operation eq "renew";
    return $som->valueof("$answer/serviceLocator/handle") if $operation eq "add";
    return $som->valueof($answer) if $operation eq "register";
    return undef if $operation =~ /^(executeProvider|unregister|destroy)$/;
    return values_at($som, "$answer/result/serviceDataValues") if $operation ne "enumProviders";
    my @rows = $som->valueof("$answer/ServiceDataProviders");
    # Without the WSDL's types all is text.
    $_->{async} = $_->{async} eq "true" ? JSON::PP::true : JSON::PP::false for @rows;
    return \@rows;
}

while (my $line = <STDIN>) {
    my $request = decode_json($line);
    my $som = answered($request);
    my $answer = {envelope => ""};
    if ($som->fault) {
        my ($kind) = keys %{$som->faultdetail};
        my $detail = $som->faultdetail->{$kind};
        (my $side = $som->faultcode) =~ s/^.*://;
        $answer->{fault} = {
            kind => $kind, side => $side, message => $som->faultstring,
            description => $detail->{description}, handle => $detail->{originator}{handle},
            timestamp => $detail->{timestamp}, code => $detail->{faultcode},
        };
    } else {
        $answer->{value} = native($request->{operation}, $som);
    }
    print encode_json($answer), "\n";
}
