// What soapcpp2 makes the skeleton from: registerService as the nodes of gma_twisted declare it, document/literal.
//gsoap reg service name: registration
//gsoap reg service style: document
//gsoap reg service encoding: literal
//gsoap reg service namespace: urn:gma-twisted:2026:registration
//gsoap reg schema elementForm: qualified

// A trailing underscore, where C has the word for itself, is no part of the name.
struct reg__InterfaceType {
    char *namespace_;
    char *localName;
};

struct reg__AttributeType {
    char *name;
    char *value;
};

struct reg__registerServiceResponse {
    char *entry;
    double lifetime;
};

int reg__registerService(
    char *handle,
    int __sizeinterface, struct reg__InterfaceType *interface,
    char *name,
    int __sizeattribute, struct reg__AttributeType *attribute,
    double lifetime,
    struct reg__registerServiceResponse *answer
);
