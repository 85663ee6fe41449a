"""Serves the database of a large site until its standard input ends.

    python -m benchmarks.database_server NUMBER_OF_USERS
"""

import sys

import twinsites
from benchmarks import population
from site_database import SqlServer, Views


def main(users: int) -> None:
    rows = {
        "v_Site": [{"SiteCode": "LAB", "Type": 2, "Version": "5.00.9141.1000"}],
        "v_R_User": (
            {
                "ResourceID": number,
                "Unique_User_Name0": f"{population.NETBIOS}\\user{number}",
                "User_Principal_Name0": f"user{number}@{population.SUFFIXES[number % 10 == 0]}",
            }
            for number in range(1, users + 1)
        ),
    }
    with SqlServer(Views(twinsites.VIEWS, rows)) as server:
        print(server.port, server.authority.ca_file, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
