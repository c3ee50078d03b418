#include "verifier/store/statement.h"

#include <utility>

#include "rats/corim/read.h"
#include "rats/corim/write.h"

namespace credence::verifier {
namespace {

// A triple alone is a CoMID with nothing else in it: the codec of CoRIMs reads and writes it.
rats::Comid comid_around() {
  rats::Comid comid;
  comid.id = std::string("-");
  return comid;
}

Result<Bytes> encode(const rats::Comid& comid) {
  cbor::Writer writer;
  CHECK(rats::write_comid(writer, comid));
  return writer.take();
}

template <typename Triple>
Result<Triple> only(std::vector<Triple>& triples) {
  if (triples.size() != 1) return fail(Errc::internal, "an index entry holds another kind of triple than it says");
  return std::move(triples.front());
}

}  // namespace

Result<Bytes> encode_triple(TripleKind kind, const rats::ReferenceTriple& triple) {
  rats::Comid comid = comid_around();
  (kind == TripleKind::reference_values ? comid.reference_values : comid.endorsed_values).push_back(triple);
  return encode(comid);
}

Result<Bytes> encode_triple(TripleKind kind, const rats::KeyTriple& triple) {
  rats::Comid comid = comid_around();
  (kind == TripleKind::identity_keys ? comid.identity_keys : comid.attestation_keys).push_back(triple);
  return encode(comid);
}

Result<Bytes> encode_triple(TripleKind kind, const rats::DomainTriple& triple) {
  rats::Comid comid = comid_around();
  (kind == TripleKind::memberships ? comid.memberships : comid.dependencies).push_back(triple);
  return encode(comid);
}

Result<Bytes> encode_triple(const rats::ConditionalSeries& triple) {
  rats::Comid comid = comid_around();
  comid.conditional_series.push_back(triple);
  return encode(comid);
}

Result<Bytes> encode_triple(const rats::ConditionalEndorsement& triple) {
  rats::Comid comid = comid_around();
  comid.conditional_endorsements.push_back(triple);
  return encode(comid);
}

Result<Statement> decode_triple(TripleKind kind, ByteView octets) {
  const rats::CorimLimits limits;
  rats::CorimReading reading{.limits = limits};
  cbor::Reader reader(octets, rats::cbor_limits(limits));
  TRY(rats::Comid comid, rats::read_comid(reader, reading));
  Statement statement{.origin = nullptr, .kind = kind, .triple = {}};
  switch (kind) {
    case TripleKind::reference_values: {
      TRY(statement.triple, only(comid.reference_values));
      return statement;
    }
    case TripleKind::endorsed_values: {
      TRY(statement.triple, only(comid.endorsed_values));
      return statement;
    }
    case TripleKind::identity_keys: {
      TRY(statement.triple, only(comid.identity_keys));
      return statement;
    }
    case TripleKind::attestation_keys: {
      TRY(statement.triple, only(comid.attestation_keys));
      return statement;
    }
    case TripleKind::dependencies: {
      TRY(statement.triple, only(comid.dependencies));
      return statement;
    }
    case TripleKind::memberships: {
      TRY(statement.triple, only(comid.memberships));
      return statement;
    }
    case TripleKind::conditional_series: {
      TRY(statement.triple, only(comid.conditional_series));
      return statement;
    }
    case TripleKind::conditional_endorsements: {
      TRY(statement.triple, only(comid.conditional_endorsements));
      return statement;
    }
  }
  return fail(Errc::internal, "an index entry is of no known kind");
}

}  // namespace credence::verifier
