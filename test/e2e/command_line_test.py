"""The command line itself: exit statuses, texts, the manual page and the completion."""
import base64
import json
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import time
import unittest

from laboratory import (CLASS, CREDENCE, LibtpmsTpm, Process, Recorder, Verifier, credence, endorse, facts, self_signed)

ROOT = pathlib.Path(__file__).resolve().parents[2]


def error_of(done: subprocess.CompletedProcess) -> dict:
    return json.loads(done.stderr.strip().splitlines()[-1])["error"]


class WithFolder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def running(self, process):
        self.addCleanup(process.stop)
        return process


class Usage(WithFolder):
    def test_wrong_command_lines_exit_with_2_and_name_the_option(self):
        evidence = self.folder / "evidence"
        evidence.write_bytes(b"x")
        appraise = ["appraise", evidence, "--media-type", "application/cbor", "--corim", evidence]
        endorse_at = ["endorse", "--tcti", "libtpms", "--state", self.folder / "s", "-o", self.folder / "o"]
        wrong = [
            ([], "A subcommand is required"),
            (["nonsense"], "A subcommand is required"),
            (["appraise"], "EVIDENCE is required"),
            (["serve", "--listen", "127.0.0.1:0"], "--attest"),
            (["serve", "--listen", "127.0.0.1", "--attest", "--insecure-software-root"], "--listen"),
            (["connect", "127.0.0.1"], "HOST:PORT"),
            (["connect", "127.0.0.1:1", "--require"], "--verifier"),
            (["connect", "127.0.0.1:1", "--attest"], "--tcti"),
            ([*appraise], "--nonce"),
            ([*appraise, "--nonce", "zz"], "--nonce"),
            ([*appraise, "--nonce", "012"], "--nonce"),
            ([*appraise, "--binder", "0102"], "--binder"),
            ([*appraise, "--nonce", "00", "--minimum-pcrs", "24"], "--minimum-pcrs"),
            (["appraise", "/nonexistent", "--media-type", "x/y", "--corim", "/nonexistent", "--nonce", "00"], "No such"),
            (["inspect", "/nonexistent"], "No such file"),
            (["inspect", self.folder], "directory"),
            ([*endorse_at, "--pcrs", "sha256:99", "--class", CLASS], "--pcrs"),
            ([*endorse_at, "--pcrs", "sha256", "--class", CLASS], "--pcrs"),
            ([*endorse_at, "--pcrs", "sha256:0", "--class", "nouuid"], "--class"),
        ]
        for arguments, part in wrong:
            with self.subTest(" ".join(map(str, arguments))):
                error = error_of(credence(*arguments, expect=2))
                self.assertIn(part, error["why"])

    def test_without_json_the_complaint_is_text(self):
        done = subprocess.run([CREDENCE, "appraise"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("EVIDENCE is required", done.stderr)
        self.assertNotIn("{", done.stderr)

    def test_help_and_version_exit_with_0(self):
        for arguments in (["--help"], ["--version"], ["serve", "--help"], ["completion"]):
            with self.subTest(" ".join(arguments)):
                self.assertTrue(credence(*arguments).stdout)

    def test_provision_names_file_and_url_apart(self):
        tpm = LibtpmsTpm(self.folder / "tpm")
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0", "--class", CLASS, "-o", self.folder / "c")
        file = self.folder / "c" / "keys.corim.cbor"
        error = error_of(credence("provision", file, "--to", "http://127.0.0.1:1", expect=3))
        self.assertEqual(error["path"], str(file))
        self.assertIn("http://127.0.0.1:1", error["why"])


class Sign(WithFolder):
    def setUp(self):
        super().setUp()
        tpm = LibtpmsTpm(self.folder / "tpm")
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0", "--class", CLASS, "-o", self.folder / "c")
        self.corims = sorted((self.folder / "c").glob("*.cbor"))
        self.certificate, self.key = self_signed(self.folder, "endorser")
        self.output = self.folder / "signed"

    def sign(self, *corims, key=None, certificate=None, expect=0, more=()):
        return credence("sign", *(corims or self.corims), "--key", key or self.key, "--cert", certificate or self.certificate,
                        "-o", self.output, *more, expect=expect)

    def altered(self, name, *, profile=True, validity=None):
        """A CoRIM of `credence endorse`, whose last member is the profile (3), with a validity (4), or without the profile."""
        corim = (self.folder / "c" / "veraison.corim.cbor").read_bytes()
        self.assertEqual(corim[:4], b"\xd9\x01\xf5\xa3")
        members, rest = 3, corim[4:]
        if not profile:
            members, rest = members - 1, rest[:rest.rindex(b"\x03\xd8\x20")]
        if validity:
            times = [(key, at) for key, at in enumerate(validity) if at is not None]
            members, rest = members + 1, rest + bytes([4, 0xa0 + len(times)])
            for key, at in times:
                rest += bytes([key, 0xc1, 0x1a]) + at.to_bytes(4, "big")
        file = self.folder / name
        file.write_bytes(corim[:3] + bytes([0xa0 + members]) + rest)
        return file

    def test_a_verifier_that_knows_the_signer_takes_what_is_signed_and_nothing_else(self):
        self.assertEqual(facts(self.sign())["signer"], "CN=localhost")
        verifier = self.running(Verifier(self.folder, "--corim-anchor", self.certificate))
        where = ["--to", verifier.url]
        self.assertIn("got an unsigned one", facts(credence("provision", *self.corims, *where, expect=1))["reason"])
        files = sorted(self.output.iterdir())
        self.assertEqual([file.name for file in files], [file.name for file in self.corims])
        self.assertEqual(facts(credence("provision", *files, *where))["outcome"], "stored")
        # The same by the same signer: a second signature is no second statement.
        self.sign()
        self.assertEqual(facts(credence("provision", *files, *where))["outcome"], "already there")

    def test_name_and_end_of_a_signature_are_in_it(self):
        said = facts(self.sign(self.corims[0], more=["--signer", "Example", "--days", "3"]))
        self.assertEqual(said["signer"], "Example")
        shown = facts(credence("inspect", self.output / self.corims[0].name))
        self.assertEqual(shown["signer"], "Example")
        self.assertRegex(said["good until"], r"^20\d\d-")
        self.assertEqual(facts(self.sign(self.corims[0]))["good until"], "no end")
        # The sooner of two ends; of two files the later.
        ends = self.altered("ends.cbor", validity=(None, int(time.time()) + 3600))
        end = facts(self.sign(ends, more=["--days", "3"]))["good until"]
        self.assertLess(end, said["good until"])
        self.assertEqual(facts(self.sign(ends))["good until"], end)
        self.assertEqual(facts(self.sign(ends, self.corims[0]))["good until"], "no end")

    def test_what_no_verifier_would_take_is_not_signed(self):
        other, other_key = self_signed(self.folder, "other")
        server, server_key = self.folder / "server.pem", self.folder / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        server_key, "-out", server, "-days", "1", "-subj", "/CN=server", "-addext",
                        "extendedKeyUsage=serverAuth"], check=True, capture_output=True)
        no_corim = self.folder / "x"
        no_corim.write_bytes(b"x")
        for arguments, status, part in (
                ({"certificate": other}, 1, "starts with the certificate of the signing key"),
                ({"certificate": other}, 1, str(other)),
                ({"certificate": server, "key": server_key}, 1, "not for signing documents"),
                ({"certificate": server, "key": server_key}, 1, str(server)),
                ({"key": "/nowhere"}, 2, "/nowhere"),
                ({"certificate": "/nowhere"}, 2, "/nowhere"),
                ({"more": ["--days", "0"]}, 2, "--days")):
            with self.subTest(part):
                self.assertIn(part, self.sign(**arguments, expect=status).stderr)
        for corims, status in (([no_corim], 1), ([self.corims[0], no_corim], 1), ([self.corims[0], self.corims[0]], 2)):
            with self.subTest(corims):
                self.sign(*corims, expect=status)
        error = error_of(self.sign(no_corim, expect=1))
        self.assertTrue(error["path"].startswith(str(no_corim)), error)
        self.key.chmod(0o644)
        self.assertIn("chmod 600", self.sign(expect=2).stderr)
        self.assertFalse(self.output.exists())
        self.key.chmod(0o600)
        self.sign()
        again, self.output = self.output / self.corims[0].name, self.folder / "c"
        self.assertIn("got a signed one", self.sign(again, expect=1).stderr)
        self.assertIn("expected another folder", self.sign(expect=2).stderr)

    def test_what_has_expired_or_names_no_profile_is_not_signed(self):
        now = int(time.time())
        for name, code, member, part, changes, more in (
                ("profile", "missing_member", "profile", "names its profile, got one without", {"profile": False}, ()),
                ("past", "expired", "validity", "good now or later, got one that is good until", {"validity": (None, now - 60)}, ()),
                ("never", "expired", "validity", "good from", {"validity": (now + 7200, now + 3600)}, ()),
                ("later", "expired", "validity", "good from", {"validity": (now + 2 * 86400, now + 3 * 86400)}, ("--days", "1"))):
            with self.subTest(name):
                file = self.altered(f"{name}.cbor", **changes)
                error = error_of(self.sign(self.corims[0], file, expect=1, more=more))
                self.assertEqual((error["code"], error["path"]), (code, f"{file}.{member}"))
                self.assertIn(part, error["why"])
                self.assertFalse(self.output.exists())
        # The same way of altering it, and it is signed; the verifier takes what is good now.
        good = self.altered("good.cbor", validity=(now - 60, now + 3600))
        self.sign(good, self.altered("later.cbor", validity=(now + 2 * 86400, now + 3 * 86400)))
        verifier = self.running(Verifier(self.folder, "--corim-anchor", self.certificate))
        self.assertEqual(facts(credence("provision", self.output / "good.cbor", "--to", verifier.url))["outcome"], "stored")
        self.assertIn("not valid before",
                      facts(credence("provision", self.output / "later.cbor", "--to", verifier.url, expect=1))["reason"])


class Doctor(WithFolder):
    def test_a_verifier_that_does_not_answer_is_no_decision(self):
        verifier = self.running(Verifier(self.folder))
        credence("doctor", "--verifier", verifier.url)
        credence("doctor", "--verifier", "http://127.0.0.1:1", expect=3)

    def test_makes_nothing(self):
        tpm = LibtpmsTpm(self.folder / "tpm")
        done = credence("doctor", *tpm.options(), expect=3)
        self.assertIn("credence endorse makes it", done.stdout)
        self.assertEqual(list((self.folder / "tpm").iterdir()), [])
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0", "--class", CLASS, "-o", self.folder / "c")
        self.assertIn("TLS key", credence("doctor", *tpm.options()).stdout)
        other = self.folder / "other"
        self.assertIn("credence endorse makes them",
                      credence("doctor", "--tcti", tpm.tcti, "--state", other).stdout)
        self.assertFalse(other.exists())


class Configuration(WithFolder):
    def test_the_verifier_is_configured_by_a_file_and_a_wrong_one_stops_it(self):
        file = self.folder / "verifier.toml"
        good = (f"listen = '127.0.0.1:0'\nstore = 'memory:'\nsigning-key = '{self.folder / 'key.pem'}'\n"
                "insecure-http = true\n")
        file.write_text(good)
        file.chmod(0o600)
        verifier = self.running(Process("verifier", "--config", file))
        self.assertIn("http://127.0.0.1:", verifier.event("listening")["url"])
        self.assertIn("--listen", error_of(credence("verifier", "--config", file, "--listen", "nowhere", expect=2))["why"])
        file.write_text(good + "isuer = 'x'\n")
        why = error_of(credence("verifier", "--config", file, expect=2))["why"]
        self.assertIn('line 5, column 1: unknown key "isuer"; the nearest known one is issuer', why)
        file.write_text("listen = '127.0.0.1:0'\nstore = ''\n")
        self.assertIn("--store", error_of(credence("verifier", "--config", file, expect=2))["why"])

    def test_a_verifier_that_is_told_no_store_keeps_one_for_itself(self):
        state = self.folder / "state"
        environment = {name: value for name, value in os.environ.items() if name != "STATE_DIRECTORY"}
        environment["XDG_STATE_HOME"] = str(state)
        command = ["verifier", "--listen", "127.0.0.1:0", "--signing-key", self.folder / "key.pem", "--insecure-http"]
        verifier = self.running(Process(*command, env=environment))
        verifier.event("listening")
        self.assertEqual(0o700, stat.S_IMODE((state / "credence").stat().st_mode))
        self.assertEqual(0o600, stat.S_IMODE((state / "credence/verifier.db").stat().st_mode))
        verifier.process.terminate()
        self.assertIn(f"no store is configured: it is sqlite:{state}/credence/verifier.db", verifier.process.stderr.read())
        (state / "credence").chmod(0o777)
        self.assertIn("chmod go-w it", error_of(credence(*command, expect=2, env=environment))["why"])

    def test_every_option_of_the_verifier_is_a_key(self):
        # A key that is known is refused for its type (a table is none), never as unknown.
        file = self.folder / "verifier.toml"
        own = {"--json", "--help", "--version", "--config"}
        options = set(re.findall(r"(?m)^\s+(?:-\w,\s*)?(--[a-z][a-z-]*)", credence("verifier", "--help").stdout)) - own
        self.assertIn("--minimum-pcrs", options)
        for option in sorted(options):
            with self.subTest(option):
                file.write_text(f"{option[2:]} = {{}}\n")
                file.chmod(0o600)
                why = error_of(credence("verifier", "--config", file, expect=2))["why"]
                self.assertRegex(why, re.escape(option[2:]) + ": expected")


class Texts(unittest.TestCase):
    def setUp(self):
        self.script = credence("completion").stdout
        self.words = dict(re.findall(r"^    ([a-z-]+)\) words=\"([^\"]*)\"", self.script, re.MULTILINE))

    def test_completion_names_each_option_once_and_nothing_hidden(self):
        self.assertIn("serve", self.words)
        self.assertNotIn("demo-attacker", self.script)
        for verb, words in self.words.items():
            with self.subTest(verb):
                self.assertEqual(sorted(set(words.split())), sorted(words.split()))
                self.assertIn("--help", words.split())

    def test_every_option_of_every_verb_stands_in_the_manual_page(self):
        page = (ROOT / "docs/man/credence.1").read_text().replace("\\-", "-")
        for verb in self.words:
            for option in sorted(set(re.findall(r"--[a-z][a-z-]*", credence(verb, "--help").stdout))):
                with self.subTest(f"{verb} {option}"):
                    self.assertRegex(page, re.escape(option) + r"(?![a-z-])")


class Appraise(WithFolder):
    def test_takes_evidence_as_it_is_and_in_a_wrapper(self):
        verifier = self.running(Verifier(self.folder))
        recorder = self.running(Recorder(verifier.url))
        tpm = LibtpmsTpm(self.folder / "client")
        instance = endorse(tpm, verifier, self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        server = self.running(Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require",
                                      "--verifier", recorder.url, "--verifier-key", f"{verifier.key}.pub",
                                      "--peer-instance", instance))
        address = server.event("listening")["address"]
        credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="x\n")
        wrapped = json.dumps([recorder.media_type, base64.urlsafe_b64encode(recorder.evidence).decode().rstrip("=")])
        forms = {recorder.media_type: recorder.evidence, "application/cmw+json": wrapped.encode(),
                 "application/cmw": wrapped.encode(), "application/vnd.veraison.cmw+json": wrapped.encode()}
        for media_type, octets in forms.items():
            with self.subTest(media_type):
                (self.folder / "evidence").write_bytes(octets)
                appraise = ["appraise", "evidence", "--trace", "--media-type", media_type, "--corim",
                            "corims/veraison.corim.cbor", "--corim", "corims/keys.corim.cbor", "--binder",
                            recorder.nonce.hex()]
                credence(*appraise, cwd=self.folder)
                wrong = [*appraise[:-1], "00" * len(recorder.nonce)]
                credence(*wrong, cwd=self.folder, expect=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
