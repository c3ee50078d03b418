#include "service/verifier/revocations_api.h"

#include <algorithm>
#include <format>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/certificate.h"
#include "rats/cmw/cmw.h"
#include "service/http/accept.h"
#include "service/http/problem.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/revocation/revocation.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using verifier::Document;
using verifier::DocumentChange;
using verifier::DocumentKind;
using verifier::Documents;
using verifier::Revocation;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kPath = "/endorsement-provisioning/v1/revocations";
// Of all lists, as entries: they leave room for the others on the deny list (kMostOctetsOfDenyList).
constexpr std::size_t kMostOctetsOfLists = 3 << 20;
constexpr std::size_t kMostLists = 64;  // each has a signature to verify wherever the deny list is read
constexpr std::size_t kMostNamed = 5;   // serial numbers in a line of the log

http::Response refusal(const Error& error, Log& log) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) log.write(LogLevel::error, error.text());
  // RFC 9110 section 15.5.16: say what would do.
  if (error.code == Errc::unsupported) response.headers.emplace_back("Accept", kJson);
  return response;
}

// What is wrong with an entry is the request's fault, also where its code stands for something else in other places.
http::Response refusal_of_entry(const Error& error, Log& log) {
  switch (error.code) {
    case Errc::bad_key:
    case Errc::bad_signature:
    case Errc::expired:
    case Errc::unsupported:
    case Errc::unsupported_algorithm:
    case Errc::untrusted_chain:
      return http::problem(http::kBadRequest, error.text());
    default:
      return refusal(error, log);
  }
}

http::Response json_response(unsigned status, const json::Value& body) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(kJson)}, {"Cache-Control", "no-store"}},
          .body = json::to_text(body)};
}

Result<json::Value> to_json(const Document& document) {
  TRY(json::Value value, json::parse(as_text(document.octets), verifier::kRevocationLimits));
  TRY(const json::Object* object, json::as_object(value, "revocation"));
  json::Object entry = *object;
  entry["id"] = document.id;
  return entry;
}

// A list comes with the certificate of its issuer, or with its key alone: entries keep the key.
Result<Revocation> read_new_list(json::Object given, Timestamp now) {
  TRY(const auto pem, json::optional_text(given, "issuer-certificate"));
  std::optional<crypto::Certificate> issuer;
  if (pem) {
    auto read = crypto::Certificate::from_pem(*pem);
    if (!read) return within("issuer-certificate", std::move(read).error());
    issuer = *std::move(read);
    given["issuer-key"] = to_hex(issuer->spki());
  }
  TRY(Revocation revocation, verifier::revocation_from_json(given, now));
  if (issuer)
    if (const auto held = revocation.list->verify(*issuer); !held) return within("issuer-certificate", held.error());
  if (const auto current = revocation.list->check_current(now); !current) return within("value", current.error());
  return revocation;
}

Result<crypto::RevocationList> list_of(const Document& stored) {
  auto known = verifier::revocation_of(stored.octets);
  if (!known) return within(std::format("deny list entry {}", stored.id), std::move(known).error());
  if (known->list) return *std::move(known->list);
  return fail(Errc::conflict, std::format("deny list entry {}: expected a revocation list under this id, got a {}: "
                                          "lift it",
                                          stored.id, name(known->kind)));
}

// Whether the list takes the place of the known one: not when it is the same. An older one, shown again, would bring
// back what its issuer has taken back since.
Result<bool> replaces(const crypto::RevocationList& list, const crypto::RevocationList& known) {
  if (equal(known.der(), list.der())) return false;
  if (!list.is_older_than(known)) return true;
  return fail(
      Errc::conflict,
      std::format("the revocation list of {} that is in force has {}, this one {}: an older one does not replace "
                  "it",
                  list.issuer(), known.version(), list.version()));
}

// As to_json() of a revocation begins. Parsing the whole deny list for a sum would take too long.
bool is_list(ByteView entry) { return as_text(entry).starts_with(R"({"kind":"crl",)"); }

struct Room {
  std::size_t lists = 0, of_lists = 0, of_all = 0;  // octets

  void add(ByteView entry) {
    of_all += entry.size() + 1;  // and what separates it
    if (!is_list(entry)) return;
    ++lists;
    of_lists += entry.size();
  }
};

// Small entries have room whatever lists there are, and whoever appraises elsewhere takes all of them.
Result<void> check_room(const Documents& present, const std::string& id, ByteView entry) {
  Room room;
  room.add(entry);
  for (const auto& document : present)
    if (document->id != id) room.add(document->octets);
  if (is_list(entry) && room.lists > kMostLists)
    return fail(Errc::too_large, std::format("expected revocation lists of at most {} issuers: lift those of issuers "
                                             "of which nothing is endorsed any more",
                                             kMostLists));
  if (is_list(entry) && room.of_lists > kMostOctetsOfLists)
    return fail(Errc::too_large, std::format("with this one the revocation lists have {} octets in base64, expected at "
                                             "most {}: lift what is not needed",
                                             room.of_lists, kMostOctetsOfLists));
  constexpr std::size_t kFrame = std::string_view(R"({"revocations":[]})").size();
  if (room.of_all + kFrame <= verifier::kMostOctetsOfDenyList) return {};
  return fail(Errc::too_large,
              std::format("with this one the deny list has {} octets, expected at most {}, which is what others take: "
                          "lift what is not endorsed any more, or revoke the key of an issuer in place of many of its "
                          "certificates",
                          room.of_all + kFrame, verifier::kMostOctetsOfDenyList));
}

struct Decided {
  std::vector<DocumentChange> changes;             // none when the same is revoked already
  std::optional<crypto::RevocationList> before{};  // whose place the new one takes
};

Result<Decided> decide(const Revocation& revocation, const std::string& id, const std::string& entry,
                       const Documents& present) {
  Decided decided;
  const auto known = std::ranges::find_if(present, [&](const auto& document) { return document->id == id; });
  if (known == present.end()) {
    if (present.size() >= verifier::kMostRevocations)
      return fail(Errc::too_large, std::format("the deny list has {} entries, it takes no more", present.size()));
  } else {
    if (!revocation.list) return decided;
    TRY(crypto::RevocationList before, list_of(**known));
    TRY(const bool is_newer, replaces(*revocation.list, before));
    if (!is_newer) return decided;
    decided.before = std::move(before);
    decided.changes.push_back({.event = DocumentChange::Event::removed, .id = id});
  }
  CHECK(check_room(present, id, as_bytes(entry)));
  decided.changes.push_back({.event = DocumentChange::Event::added, .id = id, .octets = to_bytes(as_bytes(entry))});
  return decided;
}

// Issuers leave out what has expired anyway. More may be another list than the one before: AMD has two for one key.
void warn_of_what_is_gone(const crypto::RevocationList& before, const crypto::RevocationList& list, Log& log) {
  std::size_t gone = 0;
  std::string first;
  for (const auto& entry : before.entries()) {
    if (list.find(entry.serial) != nullptr) continue;
    if (++gone <= kMostNamed)
      std::format_to(std::back_inserter(first), "{}{}", first.empty() ? "" : ", ",
                     entry.serial.empty() ? "00" : to_hex(entry.serial));
  }
  if (gone == 0) return;
  log.write(
      LogLevel::warning,
      std::format("the revocation list of {}, {}, does not name {} certificates that the one before, {}, did: "
                  "{}{}",
                  list.issuer(), list.version(), gone, before.version(), first, gone > kMostNamed ? ", ..." : ""));
}

// For the log: a list is long.
std::string what_is_revoked(const Revocation& revocation, const std::string& entry) {
  if (!revocation.list) return entry;
  const crypto::RevocationList& list = *revocation.list;
  return std::format("what the list of {} names, {}, {} certificates, current until {}", list.issuer(), list.version(),
                     list.size(), to_rfc3339(list.next_update()));
}

}  // namespace

http::Response RevocationsApi::list(const http::Request& request) const {
  const auto accepted = http::accepts(request.list_header("Accept"), kJson);
  if (!accepted) return http::problem(accepted.error());
  if (!*accepted) return http::problem(http::kNotAcceptable, std::format("the answer is of type {}", kJson));
  json::Array entries;
  for (const auto& document : *store_->documents(DocumentKind::deny_entry)) {
    auto entry = to_json(*document);
    if (!entry) return refusal(entry.error(), *log_);
    entries.push_back(*std::move(entry));
  }
  json::Object body{{"generation", store_->generation()}};
  body["revocations"] = std::move(entries);
  return json_response(http::kOk, body);
}

Result<Revocation> RevocationsApi::read(const json::Object& given) const {
  TRY(const std::string_view kind, json::required_text(given, "kind"));
  if (kind != name(verifier::Revoked::crl)) return verifier::revocation_from_json(given, clock_->now());
  TRY(const Timestamp now, clock_->checked_now());
  return read_new_list(given, now);
}

Result<http::Response> RevocationsApi::revoke(const http::Request& request) const {
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type || !rats::same_media_type(*content_type, kJson))
    return fail(Errc::unsupported, std::format("Content-Type: expected {}", kJson));
  TRY(const json::Value body, json::parse(as_text(request.body), verifier::kRevocationLimits));
  TRY(const json::Object* object, json::as_object(body, "revocation"));
  const auto revocation = read(*object);
  if (!revocation) return refusal_of_entry(revocation.error(), *log_);
  TRY(const std::string id, verifier::revocation_id(*revocation));
  json::Object made = verifier::to_json(*revocation);
  const std::string entry = json::to_text(made);
  Decided decided;
  CHECK(store_->change(DocumentKind::deny_entry, [&](const Documents& present) -> Result<std::vector<DocumentChange>> {
    TRY(decided, decide(*revocation, id, entry, present));
    return decided.changes;
  }));
  const bool added = !decided.changes.empty();
  if (added) log_->write(LogLevel::warning, "revoked: " + what_is_revoked(*revocation, entry));
  if (decided.before) warn_of_what_is_gone(*decided.before, *revocation->list, *log_);
  made["id"] = id;
  http::Response response = json_response(added ? http::kCreated : http::kOk, made);
  response.headers.emplace_back("Location", std::format("{}/{}", kPath, id));
  return response;
}

http::Response RevocationsApi::add(const http::Request& request) const {
  auto response = revoke(request);
  return response ? *std::move(response) : refusal(response.error(), *log_);
}

http::Response RevocationsApi::remove(const http::Request& request) const {
  const std::string& id = request.path_parameters.front();
  const auto removed = store_->change(DocumentKind::deny_entry, [&](const Documents& present) {
    using Changes = std::vector<DocumentChange>;
    if (std::ranges::none_of(present, [&](const auto& document) { return document->id == id; }))
      return Result<Changes>(fail(Errc::not_found, std::format("no revocation has the id {}", id)));
    return Result<Changes>(Changes{{.event = DocumentChange::Event::removed, .id = id}});
  });
  if (!removed) return refusal(removed.error(), *log_);
  log_->write(LogLevel::warning, "revocation lifted: " + id);
  return {.status = http::kNoContent};
}

void RevocationsApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::list_revocations, [api = *this](const Request& request) { return api.list(request); });
  routes.add(Operation::add_revocation, [api = *this](const Request& request) { return api.add(request); });
  routes.add(Operation::remove_revocation, [api = *this](const Request& request) { return api.remove(request); });
}

}  // namespace credence::service
