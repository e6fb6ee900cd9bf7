"""A schema as if another role had made it: who logs in to a scratch server stands for who does on the live one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrator.schema.objects import Schema
from migrator.verifying.replaying.likeness import Likeness

OWNER, RIGHTS = "owner", ("granted", "revoked", "usage granted", "usage revoked")


def renamed(schema: Schema, old: Likeness, new: Likeness) -> Schema:
    """The schema with the login of one database as that of another, where roles own things and have rights. Pure."""
    if old.login == new.login:
        return schema
    objects = {key: _renamed(text, old, new) if old.login in text else text for key, text in schema.objects.items()}
    return replace(schema, objects=objects)


def _renamed(text: str, old: Likeness, new: Likeness) -> str:
    attributes: dict[str, Any] = json.loads(text)
    if attributes.get(OWNER) == old.login:
        attributes[OWNER] = new.login
    for name in RIGHTS:
        if isinstance(attributes.get(name), Mapping):
            rights = {new.shown if role == old.shown else role: what for role, what in attributes[name].items()}
            attributes[name] = dict(sorted(rights.items(), key=lambda pair: (len(pair[0].encode()), pair[0].encode())))
    # as PostgreSQL prints jsonb
    return json.dumps(attributes, ensure_ascii=False)
