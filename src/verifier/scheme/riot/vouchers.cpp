#include "verifier/scheme/riot/vouchers.h"

namespace credence::verifier::riot {
namespace {

namespace dice = evidence::dice;

using Path = std::vector<const crypto::Certificate*>;

Path path_of(const dice::Chain& chain, const SomeAuthorities& intermediates) {
  Path path;
  for (const crypto::Certificate& certificate : chain.certificates) path.push_back(&certificate);
  for (const EndorsedAuthority* authority : intermediates) path.push_back(&authority->certificate);
  return path;
}

}  // namespace

Vouchers vouchers_of(const dice::Chain& chain, const DeviceRoots& known, Timestamp now) {
  const SomeAuthorities intermediates = valid_at(known.intermediates, now);
  const SomeAuthorities roots = valid_at(known.roots, now);
  Vouchers vouchers{.roots = {}, .intermediates = signers_of(path_of(chain, {}), intermediates)};
  dice::Anchors alone{.roots = {}, .intermediates = as_certificates(intermediates)};
  for (const EndorsedAuthority* root : roots) {
    alone.roots = {root->certificate};
    if (roots.size() == 1 || dice::check_chain(chain, alone, now)) vouchers.roots.push_back(root);
  }
  return vouchers;
}

std::vector<crypto::Certificate> relied_on(const dice::Chain& chain, const Vouchers& vouchers) {
  std::vector<crypto::Certificate> certificates = chain.certificates;
  for (const SomeAuthorities* some : {&vouchers.intermediates, &vouchers.roots})
    for (const EndorsedAuthority* authority : *some) certificates.push_back(authority->certificate);
  return certificates;
}

void trace_vouchers(Trace& trace, std::string_view submodule, const Vouchers& vouchers, Timestamp now) {
  trace_signed_under(trace, submodule, "root", vouchers.roots, {}, now);
  trace_signed_under(trace, submodule, "intermediate", vouchers.intermediates, {}, now);
}

void trace_refused_chain(Trace& trace, std::string_view submodule, const dice::Chain& chain, const DeviceRoots& known,
                         const Result<void>& held, Timestamp now) {
  if (!trace.wanted()) return;
  const SomeAuthorities intermediates = signers_of(path_of(chain, {}), any_time(known.intermediates));
  const SomeAuthorities roots = signers_of(path_of(chain, intermediates), any_time(known.roots));
  trace_signed_under(trace, submodule, "root", roots.empty() ? any_time(known.roots) : roots, held, now);
  trace_signed_under(trace, submodule, "intermediate", intermediates, held, now);
}

}  // namespace credence::verifier::riot
