// What the files of a verifier say: read at its start and again at each reload.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"
#include "service/access/config.h"
#include "service/verifier/in_force.h"

namespace credence::service {

struct VerifierOptions;

struct Inputs {
  access::AccessConfig access;
  std::vector<crypto::Certificate> anchors;
  std::map<std::string, InForce::Signer> signers;  // by tenant; read_inputs() leaves them out
  std::string object;                              // what was read, for the audit log
};

[[nodiscard]] Result<Inputs> read_inputs(const VerifierOptions& options);

// "name sha256:..." or, for what is a secret or is read elsewhere, the name alone.
void add_input(std::string& object, std::string_view name, std::string_view sha256 = {});

}  // namespace credence::service
