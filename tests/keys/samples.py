"""The key that the tests of keys use."""

from foodtrace.keys import SigningKey

SEED = bytes(range(32))
KEY = SigningKey("example.com/log", SEED)
