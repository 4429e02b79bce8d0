"""SOAP clients other people wrote, each behind one face, and what every one of them must be able to do."""
