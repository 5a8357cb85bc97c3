"""A believable developer platform: what its organizations have, who works there, and what they do next."""

import copy
import random
import uuid

FIRST_NAMES = (
    "Ada Grace Alan Barbara Edsger Margaret Donald Frances Ken Radia Linus Hedy Dennis Katherine Tim Anita"
).split()
SERVICES = "web api worker checkout search billing gateway emails reports images".split()
DATABASES = ("postgresql", "mysql", "redis", "mongodb")
WORDS = "fix add tune drop guard cache retry split rename speed".split()
THINGS = (
    "timeouts", "the cart", "invoices", "the login page", "retries", "the index", "thumbnails", "webhooks"
)


class Resource:
    """Something that is acted on, with the JSON that it is now."""

    def __init__(self, kind, name, scope, state):
        self.kind, self.name, self.scope = kind, name, scope
        self.id = str(uuid.UUID(int=scope_random.getrandbits(128), version=4))
        self.state = {"id": self.id, "name": name, **state}

    @property
    def reference(self):
        return {"type": self.kind, "id": self.id, "name": self.name}


# Ids are the same at each start, so that a link into the demo stays one.
scope_random = random.Random(7)


class Organization:
    def __init__(self, name, chance):
        self.name, self.chance = name, chance
        people = chance.sample(FIRST_NAMES, 6)
        self.people = [
            {"type": "USER", "id": f"{person.lower()}@{name}.example", "name": person}
            for person in people
        ]
        self.token = {"type": "API_TOKEN", "id": f"tok-{name}-ci", "name": "ci deploys"}
        self.terraform = {"type": "API_TOKEN", "id": f"tok-{name}-tf", "name": "terraform"}
        self.agent = {"type": "AGENT", "id": f"agent-{name}", "name": "ops assistant"}
        self.platform = {"type": "SYSTEM", "id": "autoscaler", "name": "Autoscaler"}
        self.resources = []
        self.members = Resource("ORGANIZATION", name, [], {"members": len(self.people)})
        for project in chance.sample(["shop", "analytics", "mobile", "internal tools"], 2):
            self._add_project(project)

    def _add_project(self, name):
        chance = self.chance
        project = Resource("PROJECT", name, [], {})
        for environment_name in ("production", "staging", f"preview-{chance.randint(100, 999)}"):
            environment = Resource(
                "ENVIRONMENT", environment_name, [project.reference], {"mode": environment_name}
            )
            scope = [project.reference, environment.reference]
            for service in chance.sample(SERVICES, 3):
                self.resources.append(
                    Resource(
                        "SERVICE",
                        service,
                        scope,
                        {
                            "image": {"repository": f"{self.name}/{service}", "tag": "1.0.0"},
                            "replicas": {"min": 1, "max": 3},
                            "cpu_millicores": 500,
                            "memory_mebibytes": 512,
                            "variables": {"LOG_LEVEL": "info"},
                            "auto_deploy": True,
                        },
                    )
                )
            kind = chance.choice(DATABASES)
            self.resources.append(
                Resource(
                    "DATABASE", kind, scope, {"engine": kind, "version": "15", "storage_gibibytes": 20}
                )
            )

    def next_events(self):
        """One thing that somebody does, as the events that it leaves."""
        action = self.chance.choices(
            [self._deploy, self._push, self._variable, self._scale, self._resize, self._terraform,
             self._restart, self._member, self._token, self._denied, self._assist, self._autoscale],
            weights=[14, 18, 12, 8, 5, 10, 5, 3, 3, 4, 4, 14],
        )[0]
        return action()

    # What is done. Each gives whole events; `_event` adds what all have.

    def _service(self):
        return self.chance.choice([one for one in self.resources if one.kind == "SERVICE"])

    def _event(self, kind, resource, actor, source, change, outcome="SUCCESS", **fields):
        return {
            "event_type": kind,
            "target": resource.reference,
            "scope": resource.scope,
            "actor": actor,
            "source": source,
            "change": change,
            "snapshot": copy.deepcopy(resource.state),
            "outcome": outcome,
            "context": {
                "request_id": f"req-{self.chance.getrandbits(40):010x}",
                "ip_address": f"203.0.113.{self.chance.randint(1, 254)}",
            },
            **fields,
        }

    def _person(self):
        return self.chance.choice(self.people)

    def _deploy(self):
        service, who = self._service(), self._person()
        return self._deployment(service, who, "CONSOLE")

    def _deployment(self, service, who, source):
        start = self._event("TRIGGER_DEPLOY", service, who, source, f"deploy {service.name}")
        request = start["context"]
        if self.chance.random() < 0.12:
            end = self._event(
                "DEPLOY_FAILED", service, self.platform, "PLATFORM",
                f"{service.name} did not become healthy", "FAILURE",
                reason="readiness probe failed on port 8080", on_behalf_of=[who],
            )
        else:
            end = self._event(
                "DEPLOY_SUCCEEDED", service, self.platform, "PLATFORM",
                f"{service.name} runs {service.state['image']['tag']}", on_behalf_of=[who],
            )
        end["context"] = request
        return [start, end]

    def _push(self):
        service, who = self._service(), self._person()
        major, minor, patch = map(int, service.state["image"]["tag"].split("."))
        service.state["image"]["tag"] = f"{major}.{minor}.{patch + 1}"
        text = f"{self.chance.choice(WORDS)} {self.chance.choice(THINGS)}"
        commit = f"{self.chance.getrandbits(28):07x}"
        update = self._event(
            "UPDATE", service, who, "GIT", f"image {service.state['image']['tag']} of commit {commit}: {text}",
            metadata={"commit": commit, "branch": "main"},
        )
        return [update, *self._deployment(service, self.token, "API")]

    def _variable(self):
        service, who = self._service(), self._person()
        name = self.chance.choice(["LOG_LEVEL", "TIMEOUT_SECONDS", "FEATURE_CART", "CACHE_SIZE"])
        value = self.chance.choice(["info", "debug", "30", "60", "on", "off"])
        service.state["variables"][name] = value
        return [self._event("UPDATE", service, who, "CONSOLE", f"variable {name} set to {value}")]

    def _scale(self):
        service, who = self._service(), self._person()
        most = self.chance.randint(2, 12)
        before = service.state["replicas"]["max"]
        service.state["replicas"]["max"] = most
        return [
            self._event("UPDATE", service, who, "CLI", f"at most {most} replicas instead of {before}")
        ]

    def _resize(self):
        database = self.chance.choice([one for one in self.resources if one.kind == "DATABASE"])
        database.state["storage_gibibytes"] += 10
        size = database.state["storage_gibibytes"]
        return [
            self._event("UPDATE", database, self._person(), "CONSOLE", f"storage grown to {size} GiB")
        ]

    def _terraform(self):
        events = []
        for _ in range(self.chance.randint(1, 4)):
            service = self._service()
            service.state["cpu_millicores"] = self.chance.choice([250, 500, 1000, 2000])
            events.append(
                self._event(
                    "UPDATE", service, self.terraform, "TERRAFORM_PROVIDER",
                    f"{service.state['cpu_millicores']} millicores for {service.name}",
                )
            )
        for event in events:
            event["context"] = events[0]["context"]
        return events

    def _restart(self):
        resource = self.chance.choice(self.resources)
        return [self._event("RESTART", resource, self._person(), "CONSOLE", f"restart {resource.name}")]

    def _member(self):
        self.members.state["members"] += 1
        name = self.chance.choice(FIRST_NAMES)
        return [
            self._event(
                "INVITE_MEMBER", self.members, self._person(), "CONSOLE",
                f"invited {name.lower()}@{self.name}.example as developer",
            )
        ]

    def _token(self):
        kind = self.chance.choice(["CREATE", "DELETE"])
        token = Resource("API_TOKEN", self.chance.choice(["preview", "backup", "metrics"]), [], {})
        return [self._event(kind, token, self._person(), "CONSOLE", f"{kind.lower()} token {token.name}")]

    def _denied(self):
        resource = self.chance.choice(self.resources)
        return [
            self._event(
                "DELETE", resource, self._person(), "API", f"delete {resource.name}", "DENIED",
                reason="the role developer may not delete in production",
            )
        ]

    def _assist(self):
        service, who = self._service(), self._person()
        service.state["memory_mebibytes"] = self.chance.choice([512, 768, 1024, 2048])
        return [
            self._event(
                "UPDATE", service, self.agent, "MCP",
                f"memory raised to {service.state['memory_mebibytes']} MiB after two restarts",
                on_behalf_of=[who],
            )
        ]

    def _autoscale(self):
        service = self._service()
        count = self.chance.randint(1, service.state["replicas"]["max"])
        return [
            self._event("SCALE", service, self.platform, "PLATFORM", f"{service.name} runs {count} replicas")
        ]
