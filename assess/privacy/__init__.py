"""Privacy levels: what reports and evidence files say of people and their devices.

``full`` says everything. ``pseudonymised`` replaces the names of people, accounts, devices and
serial numbers by pseudonyms that stay the same within an engagement. ``summary`` says only how
many there are: no subjects that are people, no tables, no evidence values.

The verdicts are always those of the full evidence. What was found is told from evidence in which
the names are replaced already, so that no name can slip through a sentence of a check.
"""
