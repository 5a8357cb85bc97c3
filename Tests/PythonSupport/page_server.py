"""A server with its page: both on ports of 127.0.0.1 that stay the same over a restart."""

import re

from process import Server

_PAGE = re.compile(r"the page is at (http\S+)")


class PageServer(Server):
    def __init__(self, data, http="127.0.0.1:0", options=(), **named):
        super().__init__(data, options=["--http", http, *options], **named)
        try:
            self.page = self.await_line(_PAGE).group(1)
        except BaseException:
            self.kill()
            raise
        self._options = options
        self._environment = named.get("environment")

    def again(self):
        """Another process on the same folder and the same ports."""
        http = self.page.removeprefix("http://").rstrip("/")
        return PageServer(
            self.data, http, self._options, listen=str(self.address),
            environment=self._environment,
        )  # fmt: skip
