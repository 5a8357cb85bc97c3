"""The access file of a server under test, replaced as a careful operator does it."""

import json
import signal

from process import eventually

IN_FORCE = "new access rules are in force"
STAYS = "the old ones stay"


class AccessFile:
    def __init__(self, path, **content):
        self.path = path
        self.write(**content)

    def write(self, **content):
        aside = self.path.with_suffix(".new")
        aside.write_text(json.dumps(content))
        aside.replace(self.path)

    def reload(self, server, words=IN_FORCE):
        """Has the server read it now, and returns its line about that."""
        before = len(told(server, words))
        server.signal(signal.SIGHUP)
        return eventually(lambda: told(server, words)[before:], within=30, what=words)[-1]


def told(server, words):
    """The lines of a server's log with these words."""
    return [line for line in server.errors if words in line]
