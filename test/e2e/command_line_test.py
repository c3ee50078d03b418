"""The command line itself: exit statuses, texts, the manual page and the completion."""
import base64
import json
import pathlib
import re
import subprocess
import tempfile
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
        file.write_text("listen = '127.0.0.1:0'\n")
        self.assertIn("--store", error_of(credence("verifier", "--config", file, expect=2))["why"])

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
