"""What OpenSSL is told: TLS 1.2 and 1.3, forward secrecy and authenticated ciphers alone."""

from collections.abc import Sequence
from typing import Any

from cryptography import x509
from OpenSSL import SSL, crypto

from gma_twisted.configuration.tls import Clients
from gma_twisted.security.credentials import Credentials, isTakenBack

__all__ = ["clientContext", "isBelieved", "serverContext"]

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_CIPHERS_13 = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_SESSIONS = b"gma_twisted"
_MOST_BETWEEN = 8
# X509_V_ERR_UNABLE_TO_GET_CRL
_NO_LIST = 3
# X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER
_NOT_ITS_LIST = (8, 33)


def serverContext(credentials: Credentials) -> SSL.Context:
    """
    For connections to a node.

    Sessions are not taken up again, by ticket or by id: a certificate that was revoked, or authorities that were
    changed, count for the next connection.

    @raise SSL.Error: OpenSSL will not have the certificate or the key, for its size for example
    """
    context = _context(credentials)
    if credentials.clients is Clients.NONE:
        context.set_verify(SSL.VERIFY_NONE)
        return context
    _trust(context, credentials)
    mode = SSL.VERIFY_PEER
    if credentials.clients is Clients.REQUIRED:
        mode |= SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    # Each connection has what judges: it knows whom to tell why.
    context.set_verify(mode)
    for one in credentials.authorities:
        context.add_client_ca(one)
    return context


def clientContext(credentials: Credentials) -> SSL.Context:
    """
    For calls of other nodes; the name of the host is to be verified by each connection.

    @raise SSL.Error: as L{serverContext}
    """
    context = _context(credentials)
    if credentials.authorities:
        _trust(context, credentials)
    else:
        context.set_default_verify_paths()
    context.set_verify(SSL.VERIFY_PEER)
    return context


def _context(credentials: Credentials) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(
        SSL.OP_NO_COMPRESSION
        | SSL.OP_NO_RENEGOTIATION
        | SSL.OP_NO_TICKET
        | SSL.OP_CIPHER_SERVER_PREFERENCE
    )
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_session_id(_SESSIONS)
    context.set_cipher_list(_CIPHERS)
    context.set_tls13_ciphersuites(_CIPHERS_13)
    context.set_verify_depth(_MOST_BETWEEN)
    if credentials.chain:
        context.use_certificate(credentials.chain[0])
        for one in credentials.chain[1:]:
            context.add_extra_chain_cert(one)
        context.use_privatekey(credentials.key)
        context.check_privatekey()
    return context


def _trust(context: SSL.Context, credentials: Credentials) -> None:
    store = context.get_cert_store()
    assert store is not None
    flags = crypto.X509StoreFlags.PARTIAL_CHAIN
    for one in _each(credentials.authorities):
        if not isTakenBack(one, credentials.revoked):
            store.add_cert(crypto.X509.from_cryptography(one))
    for revoked in credentials.revoked:
        store.add_crl(revoked)
    if credentials.revoked:
        flags |= crypto.X509StoreFlags.CRL_CHECK | crypto.X509StoreFlags.CRL_CHECK_ALL
    store.set_flags(flags)


def _each(certificates: Sequence[x509.Certificate]) -> Sequence[x509.Certificate]:
    return list(dict.fromkeys(certificates))


def isBelieved(credentials: Credentials, certificate: Any, error: int, isGood: int) -> bool:
    """
    Whether a certificate is believed. Who has no list revokes nothing; a list that is out of date, or not of its
    authority, is another error.

    @param credentials: whom we trust
    @param certificate: one of a chain, an C{X509}
    @param error: of OpenSSL, X509_V_ERR
    @param isGood: what OpenSSL makes of it
    """
    if isGood or error == _NO_LIST:
        return True
    # A chain ends at the first authority we trust. Where that is an intermediate one OpenSSL takes the list of the
    # authority above it, and the key of the intermediate one itself for the signature. Such a list was checked when
    # it was read, and what it takes back is not in the store.
    return error in _NOT_ITS_LIST and certificate.to_cryptography() in credentials.authorities
