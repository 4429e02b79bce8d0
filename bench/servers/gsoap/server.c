/*
 * registerService with gSOAP: a hash table in memory, one thread, keep-alive connections on one epoll, a context of
 * gSOAP for each. Started as "server PORT"; listens on 127.0.0.1. Nothing expires, nothing is limited, nobody is
 * asked: whatever is unequal is in its favour.
 */

#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#include "soapH.h"
#include "registration.nsmap"

#define EVENTS 128
#define ENTRY "http://127.0.0.1/services/registry/entries/%016llx"
#define ENTRY_SIZE 64

/* What is kept of a service; its strings stand behind it in the same piece of memory. */
struct row {
    struct row *next;
    uint64_t hash;
    unsigned long long id;
    double until;
    char *handle;
    char *name;
    int interfaces;
    int attributes;
    char *words[];
};

static struct row **buckets;
static size_t size, count;
static unsigned long long lastId;

static uint64_t hashOf(const char *text) {
    uint64_t hash = 14695981039346656037ULL;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
    return hash;
}

static struct row **placeOf(const char *handle, uint64_t hash) {
    struct row **place = &buckets[hash & (size - 1)];
    while (*place && ((*place)->hash != hash || strcmp((*place)->handle, handle)))
        place = &(*place)->next;
    return place;
}

static int grow(void) {
    size_t wanted = size ? size * 2 : 1024;
    struct row **wider = calloc(wanted, sizeof *wider);
    if (!wider)
        return 0;
    for (size_t number = 0; number < size; number++)
        for (struct row *row = buckets[number], *next; row; row = next) {
            next = row->next;
            row->next = wider[row->hash & (wanted - 1)];
            wider[row->hash & (wanted - 1)] = row;
        }
    free(buckets);
    buckets = wider;
    size = wanted;
    return 1;
}

static size_t lengthOf(const char *text) { return text ? strlen(text) + 1 : 1; }

static char *keep(char **end, const char *text) {
    char *kept = *end;
    *end = stpcpy(kept, text ? text : "") + 1;
    return kept;
}

int reg__registerService(struct soap *soap, char *handle, int interfaces, struct reg__InterfaceType *interface,
                         char *name, int attributes, struct reg__AttributeType *attribute, double lifetime,
                         struct reg__registerServiceResponse *answer) {
    if (!handle || !*handle)
        return soap_sender_fault(soap, "registerService: no handle", NULL);
    if (count >= size && !grow())
        return soap->error = SOAP_EOM;
    size_t words = 2 * ((size_t)interfaces + (size_t)attributes), bytes = lengthOf(handle) + lengthOf(name);
    for (int number = 0; number < interfaces; number++)
        bytes += lengthOf(interface[number].namespace_) + lengthOf(interface[number].localName);
    for (int number = 0; number < attributes; number++)
        bytes += lengthOf(attribute[number].name) + lengthOf(attribute[number].value);
    struct row *row = malloc(sizeof *row + words * sizeof(char *) + bytes);
    if (!row)
        return soap->error = SOAP_EOM;
    char *end = (char *)(row->words + words), **word = row->words;
    row->handle = keep(&end, handle);
    row->name = keep(&end, name);
    row->interfaces = interfaces;
    row->attributes = attributes;
    for (int number = 0; number < interfaces; number++) {
        *word++ = keep(&end, interface[number].namespace_);
        *word++ = keep(&end, interface[number].localName);
    }
    for (int number = 0; number < attributes; number++) {
        *word++ = keep(&end, attribute[number].name);
        *word++ = keep(&end, attribute[number].value);
    }
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    row->until = (double)now.tv_sec + (double)now.tv_nsec / 1e9 + lifetime;
    row->hash = hashOf(handle);
    struct row **place = placeOf(handle, row->hash), *known = *place;
    row->id = known ? known->id : ++lastId;
    row->next = known ? known->next : NULL;
    *place = row;
    if (known)
        free(known);
    else
        count++;
    answer->entry = soap_malloc(soap, ENTRY_SIZE);
    if (!answer->entry)
        return soap->error = SOAP_EOM;
    snprintf(answer->entry, ENTRY_SIZE, ENTRY, row->id);
    answer->lifetime = lifetime;
    return SOAP_OK;
}

static void forget(struct soap *soap) {
    soap_destroy(soap);
    soap_end(soap);
    soap_closesock(soap);
    soap_free(soap);
}

/* One request of a connection; the end of the connection when there was none or it wants no more. */
static void serve(struct soap *soap) {
    soap->keep_alive = 1;
    if (soap_begin_serve(soap)) {
        forget(soap);
        return;
    }
    if (soap_serve_request(soap) && soap->error && soap->error < SOAP_STOP)
        soap_send_fault(soap);
    if (!soap->keep_alive) {
        forget(soap);
        return;
    }
    soap_destroy(soap);
    soap_end(soap);
}

static void welcome(struct soap *first, int epoll) {
    if (!soap_valid_socket(soap_accept(first)))
        return;
    struct soap *soap = soap_copy(first);
    first->socket = SOAP_INVALID_SOCKET;
    if (!soap)
        return;
    int yes = 1;
    setsockopt(soap->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = soap};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, soap->socket, &event))
        forget(soap);
}

int main(int argc, char **argv) {
    int port = argc == 2 ? atoi(argv[1]) : 0;
    if (port < 1 || port > 65535) {
        fprintf(stderr, "usage: server PORT\n");
        return 2;
    }
    struct soap *first = soap_new1(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING);
    if (!first)
        return 1;
    first->bind_flags = SO_REUSEADDR;
    if (!soap_valid_socket(soap_bind(first, "127.0.0.1", port, EVENTS))) {
        soap_print_fault(first, stderr);
        return 1;
    }
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, first->master, &event)) {
        perror("epoll");
        return 1;
    }
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int number = 0; number < ready; number++)
            if (events[number].data.ptr)
                serve(events[number].data.ptr);
            else
                welcome(first, epoll);
    }
}
