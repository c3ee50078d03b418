#include "client/libcurl.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <format>
#include <mutex>
#include <optional>
#include <string_view>

namespace credence::client {
namespace {

constexpr const char* kLibcurl = "libcurl.so.4";
// Has CURLOPT_PROTOCOLS_STR, the newest of what is asked of it. The functions are all older: they do not tell.
constexpr unsigned int kOldest = CURL_VERSION_BITS(7, 85, 0);

// What makes packages sees which libraries a program is linked with, and not which ones it loads. Of those it reads
// here: https://uapi-group.org/specifications/specs/elf_dlopen_metadata/
constexpr std::string_view kMetadata =
    R"([{"feature":"http","description":"HTTP client","priority":"recommended","soname":["libcurl.so.4"]}])";
static_assert(kMetadata.contains(kLibcurl));
struct DlopenNote {
  std::uint32_t name_size = sizeof(DlopenNote::name), text_size = sizeof(DlopenNote::text), type = 0x407c0c0a;
  char name[4] = "FDO";
  char text[kMetadata.size() + 1] = {};
};
[[gnu::used, gnu::section(".note.dlopen")]] alignas(4) constexpr DlopenNote kDlopenNote = [] {
  DlopenNote note;
  std::ranges::copy(kMetadata, note.text);
  return note;
}();

std::unexpected<Error> refused(const char* file, std::string_view got, std::string_view to_do) {
  return fail_in(Errc::configuration, file,
                 std::format("expected libcurl 7.85 or newer, without which nobody is asked over HTTP, got \"{}\": {}",
                             got, to_do));
}

// Of the dlopen() or dlsym() before.
std::unexpected<Error> not_loaded(const char* file) {
  const char* const why = ::dlerror();
  return refused(file, why != nullptr ? why : "nothing", "install the Debian package libcurl4t64");
}

template <typename Function>
bool find_one(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  return function != nullptr;
}

// The name follows from the member: a function is never called by the type of another.
#define CREDENCE_FUNCTION(member) "curl_" #member, curl.member

bool find_all(void* library, Libcurl& curl) {
  return find_one(library, CREDENCE_FUNCTION(global_init)) && find_one(library, CREDENCE_FUNCTION(free)) &&
         find_one(library, CREDENCE_FUNCTION(slist_append)) && find_one(library, CREDENCE_FUNCTION(slist_free_all)) &&
         find_one(library, CREDENCE_FUNCTION(easy_init)) && find_one(library, CREDENCE_FUNCTION(easy_cleanup)) &&
         find_one(library, CREDENCE_FUNCTION(easy_setopt)) && find_one(library, CREDENCE_FUNCTION(easy_getinfo)) &&
         find_one(library, CREDENCE_FUNCTION(easy_perform)) && find_one(library, CREDENCE_FUNCTION(easy_strerror)) &&
         find_one(library, CREDENCE_FUNCTION(multi_init)) && find_one(library, CREDENCE_FUNCTION(multi_cleanup)) &&
         find_one(library, CREDENCE_FUNCTION(multi_add_handle)) &&
         find_one(library, CREDENCE_FUNCTION(multi_remove_handle)) &&
         find_one(library, CREDENCE_FUNCTION(multi_perform)) && find_one(library, CREDENCE_FUNCTION(multi_poll)) &&
         find_one(library, CREDENCE_FUNCTION(multi_wakeup)) && find_one(library, CREDENCE_FUNCTION(multi_info_read)) &&
         find_one(library, CREDENCE_FUNCTION(url)) && find_one(library, CREDENCE_FUNCTION(url_cleanup)) &&
         find_one(library, CREDENCE_FUNCTION(url_set)) && find_one(library, CREDENCE_FUNCTION(url_get));
}

#undef CREDENCE_FUNCTION

}  // namespace

Result<Libcurl> load_libcurl(const char* file) {
  // Never closed: the libraries that it brings are not made for that.
  void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  decltype(&::curl_version_info) version_info = nullptr;
  if (library == nullptr || !find_one(library, "curl_version_info", version_info)) return not_loaded(file);
  const curl_version_info_data& it = *version_info(CURLVERSION_NOW);
  if (it.version_num < kOldest)
    return refused(file, it.version, "upgrade the Debian package libcurl4t64 and start this program again");
  Libcurl curl;
  if (!find_all(library, curl)) return not_loaded(file);
  return curl;
}

Result<const Libcurl*> libcurl() {
  static std::mutex mutex;
  static std::optional<Libcurl> ready;  // nothing to destroy: a thread may ask later than main() ends
  const std::lock_guard lock(mutex);
  if (!ready) {
    TRY(const Libcurl loaded, load_libcurl(kLibcurl));
    if (loaded.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return fail(Errc::internal, "libcurl does not start");
    ready = loaded;
  }
  return &*ready;
}

}  // namespace credence::client
