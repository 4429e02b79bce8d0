// The node.js package "soap" as a foreign client: one JSON request a line in, one JSON answer a line out.
// node client.js WSDL-URL 1.1|1.2; finds "soap" on NODE_PATH.
"use strict";
const readline = require("readline");
const soap = require("soap");

const local = (name) => name.split(":").pop();
const many = (node) => (Array.isArray(node) ? node : [node]);

// What the package makes of an element, as {name, attributes, text, children}.
function value(name, node) {
  const found = { name: local(name), attributes: {}, text: "", children: [] };
  if (node === null || typeof node !== "object") {
    found.text = node === null || node === undefined ? "" : String(node);
    return found;
  }
  for (const [key, content] of Object.entries(node)) {
    if (key === "attributes") {
      for (const [attribute, text] of Object.entries(content)) {
        found.attributes[local(attribute)] = String(text);
      }
    } else if (key === "$value") {
      found.text = String(content);
    } else {
      found.children.push(...many(content).map((one) => value(key, one)));
    }
  }
  return found;
}

const values = ([answer]) => value("values", answer.result.serviceDataValues).children;

const operations = {
  find: async (client, { names }) =>
    values(
      await client.findServiceDataAsync({
        queryExpression: { queryByServiceDataNames: { name: names } },
      }),
    ),
  ask: async (client, { expression }) =>
    values(await client.findServiceDataAsync({ queryExpression: { $xml: expression } })),
  enumProviders: async (client) =>
    (await client.enumProvidersAsync({ rescanConfig: false }))[0].ServiceDataProviders,
  executeProvider: async (client, { name, words }) => {
    await client.executeProviderAsync({
      ServiceDataProviderExecution: {
        serviceDataProviderName: name,
        serviceDataProviderArgs: words,
      },
    });
    return null;
  },
  register: async (client, { registration }) => {
    const content = { $xml: registration.content };
    return (await client.registerServiceAsync({ ...registration, content }))[0];
  },
  renew: async (client, { entries, lifetime }) =>
    many((await client.renewServicesAsync({ entry: entries, lifetime }))[0].result),
  unregister: async (client, { handle }) => {
    await client.unregisterServiceAsync({ handle });
    return null;
  },
  add: async (client, { handle }) => {
    const [added] = await client.addAsync({ serviceLocator: { handle } });
    return many(added.serviceLocator.handle)[0];
  },
  destroy: async (client) => {
    await client.destroyAsync({});
    return null;
  },
  call: async (client, { name, parts }) => (await client[`${name}Async`](parts))[0],
};

// The typed detail, as the package hands it to a program.
function fault(error) {
  if (!error.root) {
    throw error;
  }
  const told = error.root.Envelope.Body.Fault;
  const [[kind, detail]] = Object.entries(told.detail || told.Detail);
  const text = (node) => (typeof node === "object" ? node.$value : node);
  return {
    kind: local(kind),
    side: local(text(told.faultcode || told.Code.Value)),
    message: text(told.faultstring || told.Reason.Text),
    description: detail.description,
    handle: detail.originator.handle,
    timestamp: detail.timestamp,
    code: text(detail.faultcode),
  };
}

async function main() {
  const [url, version] = process.argv.slice(2);
  const client = await soap.createClientAsync(url, {
    forceSoap12Headers: version === "1.2",
    handleNilAsNull: true, // otherwise a nil element is not shown at all
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = { value: await operations[request.operation](client, request) };
    } catch (error) {
      answer = { fault: fault(error) };
    }
    answer.envelope = client.lastResponse;
    console.log(JSON.stringify(answer));
  }
}

main();
