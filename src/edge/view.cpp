#include "edge/view.h"

#include <algorithm>

#include "edge/single_queries.h"
#include "verifier/claims/conditional.h"
#include "verifier/scheme/questions.h"
#include "verifier/store/statement.h"

namespace credence::edge {
namespace {

using verifier::Endorsed;
using verifier::Lookup;
using verifier::Statement;
using verifier::Topic;

// Evidence that needs what is not there is refused without it: reference values only approve.
bool is_left_out(const Error& error) { return error.code == Errc::not_found || error.code == Errc::too_large; }

std::unexpected<Error> not_asked_yet() { return fail(Errc::unavailable, "a CoSERV query has to be answered first"); }

}  // namespace

Result<std::vector<Kept>> View::need(const rats::CoservQuery& query) const {
  TRY(const Bytes octets, rats::encode_coserv_query(query));
  TRY(std::vector<Kept> found, answers_.find(query, octets, now_));
  if (found.empty()) {
    missing_.emplace(octets, query);
    return found;
  }
  Timestamp oldest = now_;
  for (const Kept& kept : found) {
    oldest = std::min(oldest, kept.received);
    held_.push_back(kept.answer);
  }
  used_.emplace(octets, std::pair{query, oldest});
  return found;
}

Result<std::vector<Statement>> View::statements(const Lookup& lookup) const {
  const auto denied = deny_list();  // asked for together with the rest: one round trip less
  if (!denied && missing_.empty()) return std::unexpected(denied.error());
  TRY(const verifier::Questions questions, verifier::questions_of(lookup));
  std::vector<Statement> all;
  for (const rats::CoservQuery& question : questions) {
    auto found = need(question);
    if (!found && lookup.if_unknown == verifier::IfUnknown::leave_it && is_of_any_maker(question) &&
        is_left_out(found.error()))
      continue;
    if (!found) return std::unexpected(std::move(found).error());
    for (const Kept& kept : *found)
      CHECK(kept.answer->for_each_statement(lookup, [&](const Statement& statement) { all.push_back(statement); }));
  }
  if (!missing_.empty()) return not_asked_yet();
  std::erase_if(all, [&](const Statement& statement) { return !(*denied)->check(*statement.origin); });
  return all;
}

Result<std::shared_ptr<const Endorsed>> View::find(const Lookup& lookup) const {
  if (lookup.topic == Topic::conditional_endorsements && lookup.key.empty()) {
    // Whether there are any is not asked: those about this attester are, each time.
    static const auto some = std::make_shared<const verifier::ConditionalStatements>();
    return some;
  }
  TRY(const std::vector<Statement> all, statements(lookup));
  if (all.empty()) return nullptr;
  return lookup.topic == Topic::conditional_endorsements ? verifier::join_conditional(all)
                                                         : lookup.scheme.join(lookup.topic, all);
}

Result<void> View::for_each_statement(const Lookup& lookup, const std::function<void(const Statement&)>& visit) const {
  TRY(const std::vector<Statement> all, statements(lookup));
  for (const Statement& statement : all) visit(statement);
  return {};
}

// Without it a key that was revoked in a hurry goes on being affirmed here until its endorsement ends.
Result<std::shared_ptr<const verifier::DenyList>> View::deny_list() const {
  TRY(const std::vector<Kept> found, need(deny_list_question(scheme_.profiles().front())));
  if (found.empty()) return not_asked_yet();
  for (const Kept& kept : found)
    if (kept.answer->deny_list() != nullptr) return kept.answer->deny_list();
  if (options_.allow_insecure_no_deny_list) return std::make_shared<const verifier::DenyList>();
  return fail(Errc::unsupported,
              "the CoSERV service does not say what is revoked: expected its deny list as a document; use a service of "
              "this program's version, or say that none is needed (allow_insecure_no_deny_list)");
}

}  // namespace credence::edge
