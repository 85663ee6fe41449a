"""Aliases in the public and the internal DNS: enrolment, registration, gateway, distribution point.

What the internet sees decides. Where the servers of the zone already say otherwise, that is a
change on its way (propagation). What only the company network sees proves nothing for devices
outside it. How an alias is followed to its addresses changes daily and is judged only where it
leads nowhere.
"""
