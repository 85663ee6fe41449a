"""RSA keys whose private half anybody could compute, by looking at the public one."""

import math

from assess.language import tr

# Factors that no modulus may have: the primes up to 751 (the public rules ask for this much).
_PRIMES = [n for n in range(2, 752) if all(n % d for d in range(2, math.isqrt(n) + 1))]
_PRODUCT = math.prod(_PRIMES)
# The generator of faulty smart cards and TPMs: their primes are powers of it modulo small primes.
_GENERATOR = 65537
_TELLING = [n for n in _PRIMES if 2 < n <= 167]  # noqa: PLR2004 - as the discoverers published it


def _powers(prime: int) -> frozenset[int]:
    found, power = set[int](), 1
    while power not in found:
        found.add(power)
        power = power * _GENERATOR % prime
    return frozenset(found)


_FAULTY = {prime: _powers(prime) for prime in _TELLING}


def rsa_fault(modulus: int, exponent: int) -> str:
    """Why a key protects nothing, for a sentence; "" where nothing of the kind is known."""
    if modulus <= 0:
        return "its modulus is no number of a key"
    if exponent < 3 or exponent % 2 == 0:  # noqa: PLR2004 - the smallest that encrypts anything
        return tr("its exponent is {}, with which anybody can undo it", exponent)
    if math.gcd(modulus, _PRODUCT) > 1:
        return "its modulus has a small factor"
    if math.isqrt(modulus) ** 2 == modulus:
        return "its modulus is a square"
    if all(modulus % prime in powers for prime, powers in _FAULTY.items()):
        return "it was made by a faulty chip (ROCA), and its private half can be computed"
    return ""
