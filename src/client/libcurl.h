// libcurl, loaded when it is first needed: most verifiers ask nobody over HTTP, and then go without it and the
// libraries that it brings (docs/decisions/curl.md). Nothing calls a function of libcurl but through this.
//
// Internal to the folder: it shows libcurl.
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace credence::client {

// What we call of it, by its names without "curl_".
struct Libcurl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_free) free = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_multi_init) multi_init = nullptr;
  decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&::curl_multi_perform) multi_perform = nullptr;
  decltype(&::curl_multi_poll) multi_poll = nullptr;
  decltype(&::curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&::curl_multi_info_read) multi_info_read = nullptr;
  decltype(&::curl_url) url = nullptr;
  decltype(&::curl_url_cleanup) url_cleanup = nullptr;
  decltype(&::curl_url_set) url_set = nullptr;
  decltype(&::curl_url_get) url_get = nullptr;
};

// From this file, which stays loaded. Errc::configuration when it is not there, too old or lacks a function.
[[nodiscard]] Result<Libcurl> load_libcurl(const char* file);

// The one of this process, ready for use. Thread-safe. A failure is not kept: whoever asks after libcurl was installed
// has it. One that is too old stays loaded, though: the process does not see what takes its place.
[[nodiscard]] Result<const Libcurl*> libcurl();

}  // namespace credence::client
