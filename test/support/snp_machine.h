// An SEV-SNP machine with a maker of its own: ARK, ASK, a VCEK or VLEK, and reports as the firmware would write them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "certificate_maker.h"
#include "crypto/hash.h"
#include "evidence/sevsnp/tsm_report.h"
#include "rats/corim/corim.h"
#include "rats/oid.h"
#include "wire/cbor/writer.h"

namespace credence::test {

// The authorities of one maker. RSA of 2048 bits, where AMD takes 4096: it is quicker to make. The certificates are
// made once: PSS signs with a salt, so that no two are alike.
class SnpMaker {
 public:
  explicit SnpMaker(std::string its_product = "Milan",
                    std::optional<std::string> its_organization = "Advanced Micro Devices")
      : product(std::move(its_product)), organization(std::move(its_organization)) {}

  std::string product;
  std::optional<std::string> organization;
  crypto::PrivateKey ark_key = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  crypto::PrivateKey ask_key = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  crypto::Certificate ark =
      make_certificate(ark_key.public_key(),
                       {.organization = organization, .common_name = "ARK-" + product, .is_authority = true}, ark_key);

  // Of the ASK; the ASVK has the next one, and the ARK that of certificates that do not say.
  static constexpr std::int64_t kAskSerial = 0x0a01;
  [[nodiscard]] const crypto::Certificate& ask(bool vlek = false) const { return vlek ? asvk_ : ask_; }

 private:
  [[nodiscard]] crypto::Certificate make_ask(const std::string& name, std::int64_t serial) const {
    return make_certificate(ask_key.public_key(),
                            {.organization = organization,
                             .common_name = name + product,
                             .serial = serial,
                             .is_authority = true,
                             .path_length = 0},
                            ark_key, ark);
  }
  crypto::Certificate ask_ = make_ask("SEV-", kAskSerial);
  crypto::Certificate asvk_ = make_ask("SEV-VLEK-", kAskSerial + 1);
};

// The maker whose roots tests provision. Made once: RSA keys take their time.
inline const SnpMaker& snp_maker() {
  static const SnpMaker maker;
  return maker;
}

// All members may be changed before evidence() is made.
struct SnpMachine {
  const SnpMaker* maker = &snp_maker();
  crypto::PrivateKey vek_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  bool vlek = false;
  std::int64_t vek_serial = 1;

  std::uint32_t version = 3;
  std::uint32_t guest_svn = 7;
  std::uint64_t policy = 0x20000;  // bit 17 is always set
  std::uint32_t vmpl = 0;
  std::uint64_t platform_info = 0x24;
  std::uint32_t key_information = 0;
  Bytes measurement = Bytes(48, 0x4d);
  Bytes host_data = Bytes(32, 0x00);
  Bytes report_id_ma = Bytes(32, 0xff);
  Bytes chip_id = Bytes(64, 0xc1);
  std::array<std::uint8_t, 3> cpuid = {0x19, 0x01, 0x01};
  std::uint64_t tcb = 0x1817'0000'0000'0004;                // microcode 0x18, SNP 0x17, boot loader 4
  std::optional<std::uint64_t> current_tcb, committed_tcb;  // as tcb
  std::array<std::uint8_t, 5> key_tcb = {0, 4, 0, 0x17,
                                         0x18};             // of the certificate: FMC, boot loader, TEE, SNP, microcode
  std::optional<Bytes> hardware_id;                         // of the certificate: as chip_id
  std::optional<crypto::Certificate> shown_ark, shown_ask;  // in place of the maker's
  bool shows_ark = true;
  bool shows_ask = true;

  [[nodiscard]] Bytes report(ByteView report_data) const {
    Bytes octets;
    const auto put = [&](std::uint64_t value, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) octets.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    };
    const auto zeros = [&](std::size_t size) { octets.resize(octets.size() + size); };
    put(version, 4);
    put(guest_svn, 4);
    put(policy, 8);
    zeros(32);
    put(vmpl, 4);
    put(1, 4);
    put(current_tcb.value_or(tcb), 8);
    put(platform_info, 8);
    put(key_information | (vlek ? 4U : 0U), 4);
    put(0, 4);
    append(octets, report_data);
    octets.resize(0x90);
    append(octets, measurement);
    append(octets, host_data);
    zeros(96);
    append(octets, Bytes(32, 0x1d));
    append(octets, report_id_ma);
    put(tcb, 8);
    if (version >= 3) append(octets, cpuid);
    octets.resize(0x1a0);
    append(octets, vlek ? Bytes(64) : chip_id);
    put(committed_tcb.value_or(tcb), 8);
    put(0x013728, 4);
    put(0x013728, 4);
    put(tcb, 8);
    octets.resize(672);
    append(octets, signature(octets));
    octets.resize(1184);
    return octets;
  }

  [[nodiscard]] crypto::Certificate vek() const {
    const auto integer = [](std::uint8_t value) {
      return value < 0x80 ? Bytes{0x02, 0x01, value} : Bytes{0x02, 0x02, 0x00, value};
    };
    const auto ia5 = [](const std::string& text) {
      Bytes octets = {0x16, static_cast<std::uint8_t>(text.size())};
      append(octets, as_bytes(text));
      return octets;
    };
    const std::string base = "1.3.6.1.4.1.3704.1.";
    std::vector<CertificateExtension> extensions = {
        {base + "2", ia5(maker->product + "-B0")}, {base + "3.1", integer(key_tcb[1])},
        {base + "3.2", integer(key_tcb[2])},       {base + "3.3", integer(key_tcb[3])},
        {base + "3.8", integer(key_tcb[4])},       {base + "3.9", integer(key_tcb[0])}};
    if (vlek)
      extensions.push_back({base + "5", ia5("CN=cloud.example")});
    else
      extensions.push_back({base + "4", hardware_id.value_or(chip_id)});
    return make_certificate(vek_key.public_key(),
                            {.organization = maker->organization,
                             .common_name = vlek ? "SEV-VLEK" : "SEV-VCEK",
                             .serial = vek_serial,
                             .has_key_usage = false,
                             .extensions = extensions},
                            maker->ask_key, maker->ask(vlek));
  }

  static constexpr std::string_view kVcek = "63da758de6644564adc5f4b93be8accd";
  static constexpr std::string_view kVlek = "a8074bc2a25a483eaae639c045a0b8a1";
  static constexpr std::string_view kAsk = "4ab7b379bbac4fe4a02f05aef327c782";
  static constexpr std::string_view kArk = "c0b406a4a803495297433fb6014cd0ae";
  using Entries = std::vector<std::pair<std::string_view, crypto::Certificate>>;

  // The auxblob.
  [[nodiscard]] static Bytes table_of(const Entries& entries) {
    Bytes head, certificates;
    const std::size_t start = 24 * (entries.size() + 1);
    for (const auto& [guid, certificate] : entries) {
      append(head, from_hex(guid).value());
      for (const std::size_t value : {start + certificates.size(), certificate.der().size()})
        for (unsigned i = 0; i < 4; ++i) head.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
      append(certificates, certificate.der());
    }
    head.resize(start);
    append(head, certificates);
    return head;
  }
  [[nodiscard]] Bytes table() const {
    Entries entries = {{vlek ? kVlek : kVcek, vek()}};
    if (shows_ask) entries.emplace_back(kAsk, shown_ask.value_or(maker->ask(vlek)));
    if (shows_ark) entries.emplace_back(kArk, shown_ark.value_or(maker->ark));
    return table_of(entries);
  }

  [[nodiscard]] static Bytes tsm_report(ByteView report, ByteView table) {
    cbor::Writer writer;
    writer.map(3);
    writer.text("auxblob").bytes(table);
    writer.text("outblob").bytes(report);
    writer.text("provider").text("sev_guest\n");
    return writer.take();
  }
  [[nodiscard]] Bytes evidence(ByteView nonce) const { return tsm_report(report(nonce), table()); }

  // --- endorsements ---

  [[nodiscard]] static rats::Corim roots(const SnpMaker& of = snp_maker()) {
    rats::Comid comid;
    comid.id = std::string("roots");
    rats::Environment environment;
    environment.class_map = rats::Class{
        .id = {}, .vendor = of.organization.value_or("none"), .model = "ARK-" + of.product, .layer = {}, .index = {}};
    comid.attestation_keys.push_back(
        {.environment = environment,
         .keys = {{.tag = rats::kTagPkixBase64Cert, .value = to_bytes(as_bytes(of.ark.pem()))}}});
    return corim("roots of " + of.product, std::move(comid));
  }

  [[nodiscard]] static rats::Measurement raw(std::uint64_t mkey, Bytes value) {
    rats::Measurement measurement;
    measurement.key = mkey;
    measurement.values.raw_value = rats::RawValue{.value = std::move(value), .mask = {}};
    return measurement;
  }
  [[nodiscard]] static rats::Measurement svn(std::uint64_t mkey, std::uint64_t value, bool minimum) {
    rats::Measurement measurement;
    measurement.key = mkey;
    measurement.values.svn = rats::Svn{.value = value, .minimum = minimum};
    return measurement;
  }
  [[nodiscard]] rats::Measurement measured() const {
    rats::Measurement made;
    made.key = std::uint64_t{641};
    made.values.digests.push_back({.algorithm = std::int64_t{7}, .value = measurement});
    return made;
  }
  // What is approved of this machine's guest: its measurement, the TCB at least, and `more`.
  [[nodiscard]] rats::Corim reference_values(std::vector<rats::Measurement> more = {},
                                             const std::string& id = "values") const {
    rats::Comid comid;
    comid.id = id;
    rats::ReferenceTriple triple;
    triple.environment.class_map = rats::Class{
        .id = rats::TaggedBytes{.tag = rats::kTagOid, .value = rats::oid_from_text("1.3.6.1.4.1.3704.3.1").value()},
        .vendor = {},
        .model = {},
        .layer = {},
        .index = {}};
    triple.environment.instance = rats::TaggedBytes{.tag = rats::kTagBytes, .value = measurement};
    triple.measurements = {measured(), svn(647, tcb, true)};
    for (rats::Measurement& one : more) triple.measurements.push_back(std::move(one));
    comid.reference_values.push_back(std::move(triple));
    return corim(id, std::move(comid));
  }

 private:
  [[nodiscard]] static rats::Corim corim(const std::string& id, rats::Comid comid) {
    rats::Corim corim;
    corim.id = id;
    corim.profile = "tag:amd.com,2024:snp-corim-profile";
    corim.comids.push_back(std::move(comid));
    return corim;
  }

  // R and S, little endian, 72 octets each.
  [[nodiscard]] Bytes signature(ByteView octets) const {
    const auto digest = crypto::digest(crypto::HashAlgorithm::sha384, octets).value();
    const Bytes both = vek_key.sign_ecdsa(digest).value();
    Bytes written;
    for (const ByteView part : {ByteView(both).first(48), ByteView(both).last(48)}) {
      Bytes scalar(part.rbegin(), part.rend());
      scalar.resize(72);
      append(written, scalar);
    }
    return written;
  }
};

}  // namespace credence::test
