#include "rats/coswid/files.h"

#include <format>
#include <string>
#include <utility>

namespace credence::rats::coswid {
namespace {

// RFC 9393 section 2.9.
constexpr std::int64_t kHash = 7, kDirectory = 16, kFile = 17, kSize = 20, kFileVersion = 21, kLocation = 23,
                       kFsName = 24, kRoot = 25, kPathElements = 26;

void append_path(std::string& path, std::string_view part) {
  if (part.empty()) return;
  if (!path.empty() && !path.ends_with('/')) path += '/';
  path += part;
}

// filesystem-item: root and location stand before the name, in this order, wherever they stand in the map.
struct Item {
  std::string root;
  std::string location;
  std::string name;
  bool named = false;

  Result<bool> member(cbor::Reader& reader, std::int64_t key) {
    if (key == kRoot) {
      TRY(root, in("root", reader.text()));
    } else if (key == kLocation) {
      TRY(location, in("location", reader.text()));
    } else if (key == kFsName) {
      TRY(name, in("fs-name", reader.text()));
      named = true;
    } else {
      return false;
    }
    return true;
  }

  [[nodiscard]] std::string path_in(const std::string& folder) const {
    std::string path = folder;
    for (const std::string& part : {root, location, name}) append_path(path, part);
    return path;
  }
};

class FilesReader {
 public:
  FilesReader(cbor::Reader& reader, CorimReading& reading, std::size_t most, std::vector<CoswidFile>& files)
      : reader_(reader), reading_(reading), most_(most), files_(files) {}

  // {? 16 => directories, ? 17 => files, ...}
  Result<void> collection(const std::string& folder) {
    return read_map(reader_, [&](std::int64_t key) -> Result<bool> {
      if (key == kDirectory) {
        CHECK(in("directory", one_or_more(reader_, [&] { return directory(folder); })));
      } else if (key == kFile) {
        CHECK(in("file", one_or_more(reader_, [&] { return file(folder); })));
      } else {
        return false;
      }
      return true;
    });
  }

 private:
  // The contents may stand before the name: they are read a second time once the path is known.
  Result<void> directory(const std::string& folder) {
    const std::size_t start = reader_.offset();
    Item item;
    std::optional<cbor::Reader> contents;
    const auto member = [&](std::int64_t key) -> Result<bool> {
      if (key != kPathElements) return item.member(reader_, key);
      contents = reader_;
      CHECK(reader_.raw_item());
      return true;
    };
    CHECK(read_map(reader_, member));
    if (!item.named) return fail_at(Errc::missing_member, start, "expected the name of the directory (24)");
    if (!contents) return {};
    std::swap(reader_, *contents);
    const Result<void> read = collection(item.path_in(folder));
    std::swap(reader_, *contents);
    return read;
  }

  Result<void> file(const std::string& folder) {
    const std::size_t start = reader_.offset();
    if (files_.size() >= most_) {
      return fail_at(Errc::too_large, start, std::format("expected at most {} files in the CoSWID", most_));
    }
    Item item;
    CoswidFile read;
    const auto member = [&](std::int64_t key) -> Result<bool> {
      if (key == kHash) {
        TRY(read.digest, in("hash", read_digest(reader_, reading_)));
      } else if (key == kSize) {
        TRY(read.size, in("size", reader_.unsigned_integer()));
      } else if (key == kFileVersion) {
        TRY(read.version, in("file-version", reader_.text()));
      } else {
        return item.member(reader_, key);
      }
      return true;
    };
    CHECK(read_map(reader_, member));
    if (!item.named) return fail_at(Errc::missing_member, start, "expected the name of the file (24)");
    read.path = item.path_in(folder);
    files_.push_back(std::move(read));
    return {};
  }

  cbor::Reader& reader_;
  CorimReading& reading_;
  std::size_t most_;
  std::vector<CoswidFile>& files_;
};

}  // namespace

Result<void> read_files(cbor::Reader& reader, CorimReading& reading, std::size_t most, std::vector<CoswidFile>& files) {
  return FilesReader(reader, reading, most, files).collection({});
}

}  // namespace credence::rats::coswid
