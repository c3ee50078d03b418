// Authorities that CoRIMs endorse, roots of makers and those below them, and how people are told of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"
#include "verifier/trace.h"

namespace credence::verifier {

struct EndorsedAuthority {
  crypto::Certificate certificate;
  Periods validity;
  Sources sources;
};
using SomeAuthorities = std::vector<const EndorsedAuthority*>;

// An authority, or one more CoRIM for one that is known.
void add_authority(std::vector<EndorsedAuthority>& to, const crypto::Certificate& certificate, const Origin& origin);

[[nodiscard]] SomeAuthorities any_time(const std::vector<EndorsedAuthority>& authorities);
// Those that may be used then.
[[nodiscard]] SomeAuthorities valid_at(const std::vector<EndorsedAuthority>& authorities, Timestamp at);
[[nodiscard]] std::vector<crypto::Certificate> as_certificates(const SomeAuthorities& authorities);

// Of `authorities` those that signed a certificate of `path`, or another of them that did.
[[nodiscard]] SomeAuthorities signers_of(std::vector<const crypto::Certificate*> path,
                                         const SomeAuthorities& authorities);

// A step for each, "signed under root CN=...", with its CoRIMs: whether the chain is, by `held`. At most kMostNamed,
// those that are valid now before others. `kind` is root or intermediate.
void trace_signed_under(Trace& trace, std::string_view submodule, std::string_view kind,
                        const SomeAuthorities& authorities, const Result<void>& held, Timestamp now);
// The step where no CoRIM has a root of this name.
void trace_no_root(Trace& trace, std::string_view submodule, std::string_view root);

}  // namespace credence::verifier
