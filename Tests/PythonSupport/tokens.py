"""API tokens of a server under test."""

import re

from auditrpc.v1 import access_pb2 as access
from clients import Client

# Every role that a token may have.
ROLES = {
    "recorder": access.ROLE_RECORDER,
    "reader": access.ROLE_READER,
    "admin": access.ROLE_ADMIN,
    "operator": access.ROLE_OPERATOR,
}

SECRET = re.compile(r"auditrpcv?_[0-9a-f_]{20,}")


def first_token(server):
    """The operator's token that a server prints at its first start."""
    return server.await_line(SECRET).group(0)


def create(address, maker, name, role, organization="", **fields):
    """(token, secret) of a new one, made with the token `maker`."""
    request = access.CreateTokenRequest(
        name=name, organization_id=organization, role=ROLES[role], **fields
    )
    with Client(address, token=maker) as client:
        response = client.administration.CreateToken(request, timeout=30)
    return response.token, response.secret


def viewer(address, maker, filter, organization="", **fields):
    """The secret of a viewer token, made with the token `maker`."""
    request = access.CreateViewerTokenRequest(
        organization_id=organization, filter=filter, **fields
    )
    with Client(address, token=maker) as client:
        return client.administration.CreateViewerToken(request, timeout=30).secret
