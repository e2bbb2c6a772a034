"""`demarche demo`: the whole way, once, on sample articles."""
