// The engine on any evidence, over a fixed store: it always gives a result, and affirms only what one of the two fixed
// keys has signed for the fixed challenge.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "evidence/media_types.h"
#include "fuzz/demand.h"
#include "support/fixed_evidence.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace {

using namespace credence;

verifier::Engine make_engine() {
  const evidence::tpm::Endorsement endorsement = test::fixed_evidence().endorsement();
  const auto store = verifier::memory_store();
  demand(store->submit(evidence::tpm::veraison_corim(endorsement).value(), Bytes{1}).has_value());
  demand(store->submit(evidence::tpm::keys_corim(endorsement).value(), Bytes{2}).has_value());
  return {store, std::make_shared<FixedClock>(Timestamp{}), {}, {.build = "fuzz", .issuer = {}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::EvidenceMaker maker = test::fixed_evidence();
  static const verifier::Engine engine = make_engine();
  const auto binder = crypto::Digest::from(crypto::HashAlgorithm::sha256, maker.extra_data).value();
  const auto ear = engine.appraise({.media_type = std::string(evidence::kParsecTpm),
                                    .evidence = Bytes(data, data + size),
                                    .challenge = evidence::Binder::from_wire(binder)});
  demand(ear.has_value());
  demand(ear->is_affirming() == ear->problems().empty());
  if (ear->is_affirming())
    demand(ear->submodules.at("PARSEC_TPM").attested_key == to_bytes(maker.tls_key.public_key().spki()));
  return 0;
}
