// What libcurl 7.CREDENCE_LIBCURL_MINOR says of its version, in a library without the rest of it.
#include <curl/curl.h>

#include <string>

curl_version_info_data* curl_version_info(CURLversion) {
  static const std::string text = "7." + std::to_string(CREDENCE_LIBCURL_MINOR) + ".0";
  static curl_version_info_data data{};
  data.version = text.c_str();
  data.version_num = CURL_VERSION_BITS(7, CREDENCE_LIBCURL_MINOR, 0);
  return &data;
}
