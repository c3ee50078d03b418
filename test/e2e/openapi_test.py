"""The OpenAPI document against a running verifier: each operation is asked well and badly, and whatever comes back has a
status, a media type, headers and a shape that the document says."""
import base64
import hashlib
import http.client
import json
import pathlib
import re
import tempfile
import unittest
import urllib.parse

from laboratory import CLASS, PATIENCE, LibtpmsTpm, Verifier, credence

TPM = "application/vnd.parallaxsecond.key-attestation.tpm"
RIM = 'application/rim+cbor; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
ROLES = ("relying-party", "provisioner", "manager", "reader", "auditor")
# What any request may meet before it is known what it asks for.
EVERYWHERE = {"400", "405", "413", "415"}


class Document:
    def __init__(self, document: dict):
        self.document = document

    def resolved(self, node: dict) -> dict:
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    yield method.upper(), path, operation

    def complaints(self, schema: dict, value, where: str = "") -> list:
        """What of the schema does not hold: the keywords that the document uses."""
        schema = self.resolved(schema)
        found = []
        kind = schema.get("type")
        if kind and (not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool))):
            return [f"{where}: expected {kind}, got {value!r}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "const" in schema and value != schema["const"]:
            found.append(f"{where}: {value!r} is not {schema['const']!r}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{where}: {value!r} does not match {schema['pattern']}")
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                found += self.complaints(schema["items"], item, f"{where}[{number}]")
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            found += [f"{where}: no {name}" for name in schema.get("required", []) if name not in value]
            if properties:
                found += [f"{where}: {name} is not in the schema" for name in value if name not in properties]
            for name, member in value.items():
                found += self.complaints(properties.get(name, {}), member, f"{where}.{name}")
        return found


class Documented(unittest.TestCase):
    """A verifier, asked, and its answers held against its document."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.verifier = Verifier(self.folder, *self.options())
        self.addCleanup(self.verifier.stop)
        self.document = Document(json.loads(self.ask("GET", "/openapi.json")[2]))
        self.seen = set()

    def options(self) -> list:
        return []

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> tuple:
        client = http.client.HTTPConnection(urllib.parse.urlsplit(self.verifier.url).netloc, timeout=PATIENCE)
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()

    def check(self, method: str, template: str, path: str, body: bytes | None = None, headers: dict | None = None):
        """Asks, and holds the answer against the document; gives status and decoded body."""
        operation = self.document.document["paths"][template][method.lower()]
        status, got, content = self.ask(method, path, body, headers)
        label = f"{method} {path} {headers} -> {status} {content[:200]}"
        self.assertRegex(got["X-Request-Id"] or "", r"^[A-Za-z0-9._-]{1,64}$", label)
        if str(status) in EVERYWHERE and str(status) not in operation["responses"]:
            return status, None
        self.assertIn(str(status), operation["responses"], label)
        self.seen.add((operation["operationId"], status))
        response = self.document.resolved(operation["responses"][str(status)])
        for name in response.get("headers", {}):
            if name in ("Location", "Accept", "WWW-Authenticate", "Retry-After"):
                self.assertTrue(got[name], f"{label}: no {name}")
        if "content" not in response:
            self.assertEqual(content, b"", label)
            return status, None
        essence = got.get_content_type()
        self.assertIn(essence, response["content"], label)
        if not essence.endswith("json"):
            return status, content
        value = json.loads(content)
        self.assertEqual(self.document.complaints(response["content"][essence]["schema"], value, "body"), [], label)
        return status, value


class OpenApi(Documented):
    def badly(self, method: str, template: str):
        """The ways to be wrong that need no knowledge of the operation."""
        for value in ("0" * 32, "0" * 64, "zz", "%2e", "a%20b"):
            path = re.sub(r"\{\w+\}", value, template)
            for headers in ({}, {"Accept": "text/nothing"}, {"Content-Type": "text/nothing"}, {"Content-Type": "nonsense"},
                            {"Prefer": "respond-async"}, {"Authorization": "Bearer nobody"}):
                for body in ((None,) if method == "GET" else (None, b"", b"\x00\xff", b"x" * 5000)):
                    self.check(method, template, path, body, headers)

    def test_whatever_is_asked_the_answer_is_in_the_document(self):
        for method, template, operation in self.document.operations():
            with self.subTest(f"{method} {template}"):
                self.badly(method, template)
        answered = {name for name, _ in self.seen}
        self.assertEqual(answered, {operation["operationId"] for _, _, operation in self.document.operations()})

    def test_good_requests_go_as_the_document_says(self):
        tpm = LibtpmsTpm(self.folder / "tpm")
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", self.folder)
        corim = (self.folder / "veraison.corim.cbor").read_bytes()
        base = "/endorsement-provisioning/v1/"
        status, stored = self.check("POST", base + "submit", base + "submit", corim, {"Content-Type": RIM})
        self.assertEqual((status, stored["status"]), (200, "success"))
        status, _ = self.check("POST", base + "submit", base + "submit", corim, {"Content-Type": RIM, "Prefer": "respond-async"})
        self.assertEqual(status, 201)
        _, listed = self.check("GET", base + "corim", base + "corim")
        self.assertEqual([one["id"] for one in listed["corims"]], [stored["corim"]])
        one = base + "corim/{corim}"
        self.assertEqual(self.check("GET", one, base + "corim/" + stored["corim"]), (200, corim))
        for verb in ("deactivate", "activate"):
            self.assertEqual(self.check("POST", f"{one}/{verb}", f"{base}corim/{stored['corim']}/{verb}")[0], 204)
        self.assertEqual(self.check("DELETE", one, base + "corim/" + stored["corim"])[0], 204)

        new, session = "/challenge-response/v1/newSession", "/challenge-response/v1/session/{session}"
        nonce = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
        for query in ("", "?nonceSize=8", f"?nonce={nonce}&audience=x&lifetime=60&form=reduced&ear=draft"):
            self.assertEqual(self.check("POST", new, new + query)[0], 201)
        for query in ("?nonceSize=7", "?nonce=!", f"?nonce={nonce}&nonceSize=8", "?form=large"):
            self.assertEqual(self.check("POST", new, new + query)[0], 400)
        path = "/challenge-response/v1/" + self.ask("POST", new)[1]["Location"]
        self.assertEqual(self.check("GET", session, path)[0], 200)
        self.assertEqual(self.check("POST", session, path, b"x", {"Content-Type": "text/plain"})[0], 415)
        status, result = self.check("POST", session, path, b"no evidence", {"Content-Type": TPM})
        self.assertEqual((status, result["status"]), (200, "complete"))
        self.assertEqual(self.check("POST", session, path, b"again", {"Content-Type": TPM})[0], 409)
        self.assertEqual(self.check("DELETE", session, path)[0], 204)
        self.assertEqual(self.check("GET", session, path)[0], 404)
        unknown = "/challenge-response/v1/session/00112233-4455-6677-8899-aabbccddeeff"
        for method in ("GET", "DELETE"):
            self.assertEqual(self.check(method, session, unknown)[0], 404)

    def test_the_state_is_that_of_the_service(self):
        for kind in ("verification", "provisioning", "management"):
            path = f"/.well-known/veraison/{kind}"
            self.assertEqual(self.check("GET", path, path)[1]["service-state"], "READY")


class WhoMayCall(Documented):
    """A verifier that knows its callers and serves nobody else: what each operation says to those who may not."""

    def options(self) -> list:
        def token(role: str) -> str:
            digest = hashlib.sha256(role.encode()).hexdigest()
            return f'[[token]]\nname = "{role}"\nroles = ["{role}"]\nsha256 = "{digest}"\n'

        file = self.folder / "access.toml"
        file.write_text("anonymous = []\n[rates]\nfailures = { per-second = 0, burst = 1000 }\n" + "".join(map(token, ROLES)))
        file.chmod(0o600)
        return ["--access", file]

    def test_an_operation_that_needs_a_role_says_so(self):
        schemes = self.document.document["components"]["securitySchemes"]
        self.assertEqual(set(schemes), {"bearer", "basic", "mutualTLS"})
        needing, refused = set(), {}
        for method, template, operation in self.document.operations():
            name, path = operation["operationId"], re.sub(r"\{\w+\}", "0" * 32, template)
            if template.count("/") < 2:  # what machines of the operator ask
                continue
            with self.subTest(f"{method} {template}"):
                named = {scheme for alternative in operation.get("security", []) for scheme in alternative}
                status, _ = self.check(method, template, path)
                self.assertEqual(self.check(method, template, path, None, {"Authorization": "Bearer nobody"})[0], 401)
                answers = {role: self.check(method, template, path, None, {"Authorization": f"Bearer {role}"})[0]
                           for role in ROLES}
                self.assertNotIn(401, answers.values())
                self.assertNotEqual(set(answers.values()), {403})
                refused[name] = {role for role, answer in answers.items() if answer == 403}
                if status == 401:
                    needing.add(name)
                    self.assertTrue({"401", "403"} <= set(operation["responses"]))
                    self.assertEqual(named, set(schemes))
                else:
                    self.assertEqual(refused[name], set())
                    self.assertEqual(named, set())
        self.assertTrue({"submitCorim", "createPolicy", "newSession", "followChanges"} <= needing)
        self.assertNotIn("discoverVerification", needing)
        self.assertEqual(refused["submitCorim"], set(ROLES) - {"provisioner"})
        self.assertEqual(refused["newSession"], set(ROLES) - {"relying-party"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
