"""The example in the documents: that it is the program that is tested here, and that it works over two TPMs."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from laboratory import CLASS, LibtpmsTpm, PATIENCE, credence, facts

EXAMPLE = os.environ["CREDENCE_API_EXAMPLE"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Device:
    """A TPM with its endorsement. Its state file belongs to one process at a time: endorse ends before the example."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.tpm = LibtpmsTpm(folder / name)
        corims = folder / f"{name}-corims"
        self.kid = facts(credence("endorse", *self.tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o",
                                  corims))["instance"]
        self.corims = [corims / "veraison.corim.cbor", corims / "keys.corim.cbor"]

    def start(self, role, kid: str, peer: "Device") -> subprocess.Popen:
        command = [EXAMPLE, role, self.tpm.tcti, self.tpm.state, kid, *peer.corims]
        return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class ApiExample(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def test_both_ends_attest_and_a_pin_on_another_instance_refuses(self):
        server, client = Device(self.folder, "server"), Device(self.folder, "client")
        for pin, status in ((server.kid, 0), (client.kid, 1)):
            with self.subTest(status):
                serving = server.start("server", client.kid, client)
                connecting = client.start(serving.stdout.readline().strip(), pin, server)
                seen, complaint = connecting.communicate(timeout=PATIENCE)
                served, server_complaint = serving.communicate(timeout=PATIENCE)
                self.assertEqual((connecting.returncode, serving.returncode), (status, status),
                                 complaint + server_complaint)
                if status == 0:
                    self.assertEqual(seen.split(), [server.kid, "handshake", "instance"])
                    self.assertEqual(served.split(), [client.kid, "handshake", "instance"])
                else:
                    self.assertIn("wrong_peer", complaint)

    def test_the_documents_show_the_lines_that_run(self):
        program = (ROOT / "test/e2e/api_example.cpp").read_text()
        example = [line.strip() for line in re.search(r"\[the example\]\n(.*?)\n *// \[its end\]", program, re.S)[1]
                   .splitlines()] + ["auto peer = credence::peer(ssl).value();"]
        for document in ("README.md", "docs/api.md", "include/credence/tls.h"):
            shown = [line.lstrip("/ ").split("  //")[0].strip() for line in (ROOT / document).read_text().splitlines()]
            for line in example:
                with self.subTest(document=document, line=line):
                    self.assertIn(line, shown)


if __name__ == "__main__":
    unittest.main()
