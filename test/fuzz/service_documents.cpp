// What verifiers keep and give to each other and to those who ask them: changes, a CoSERV discovery document, a deny
// list, a sealed session, a backup. The first octet chooses.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/change_follower.h"
#include "client/coserv_discovery.h"
#include "crypto/hash.h"
#include "fuzz/demand.h"
#include "service/verifier/session_token.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/store/backup.h"
#include "wire/cbor/writer.h"

namespace {

using namespace credence;

void changes(ByteView input) {
  const auto read = client::parse_changes(as_text(input));
  if (!read) return;
  demand(read->position.size() <= input.size());
  demand(read->changes.size() <= input.size());
}

// Whatever a service says of itself, the query goes to the host that was configured.
void discovery(ByteView input) {
  const auto read = client::parse_coserv_discovery(as_text(input));
  if (read) demand(read->path.starts_with('/') && !read->path.starts_with("//"));
}

void deny_list(ByteView input) {
  if (const auto list = verifier::decode_deny_list(input)) demand(*list != nullptr);
}

void session_token(ByteView input) {
  const auto token = service::decode_session_token(input);
  if (!token) return;
  const Bytes written = service::encode_session_token(*token);
  const auto again = service::decode_session_token(written);
  demand(again && equal(service::encode_session_token(*again), written));
}

// A store that is empty, in memory.
class EmptyJournal final : public verifier::Journal {
 public:
  Result<bool> has_news() override { return false; }
  Result<std::int64_t> last_sequence() override { return 0; }
  Result<std::vector<Change>> changes_after(std::int64_t) override { return std::vector<Change>{}; }
  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    const auto found = added_.find({kind, std::string(id)});
    if (found == added_.end()) return std::nullopt;
    return found->second;
  }
  Result<void> for_each(Kind, const std::function<Result<void>(Entry)>&) override { return {}; }
  Result<std::int64_t> highest_kind() override { return -1; }
  Result<void> begin() override { return {}; }
  Result<void> begin_snapshot() override { return {}; }
  Result<void> commit() override {
    committed = added_.size();
    return {};
  }
  void roll_back() noexcept override { added_.clear(); }
  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    if (event == Event::added)
      added_.try_emplace({kind, std::string(id)}, Entry{std::string(id), to_bytes(octets), true});
    return ++sequence_;
  }

  std::size_t committed = 0;

 private:
  std::map<std::pair<Kind, std::string>, Entry> added_;
  std::int64_t sequence_ = 0;
};

// It is all or nothing.
void restore(ByteView backup) {
  EmptyJournal journal;
  const auto restored =
      verifier::restore_backup(journal, backup, verifier::RestoreMode::into_empty, [](std::uint64_t) {});
  demand(journal.committed == (restored ? restored->added : 0));
}

// The first octet counts the documents. Their end is made here: nobody guesses a digest.
void restore_with_its_end(ByteView input) {
  if (input.empty()) return;
  const ByteView documents = input.subspan(1);
  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, documents);
  demand(digest.has_value());
  Bytes backup = to_bytes(documents);
  append(backup, cbor::Writer().array(3).text("end").unsigned_integer(input[0]).bytes(digest->view()).take());
  restore(backup);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr void (*kReaders[])(ByteView) = {changes,       discovery, deny_list,
                                            session_token, restore,   restore_with_its_end};
  kReaders[data[0] % std::size(kReaders)](ByteView(data + 1, size - 1));
  return 0;
}
