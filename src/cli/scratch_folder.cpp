#include "cli/scratch_folder.h"

#include <cstdlib>
#include <string>
#include <system_error>

namespace credence::cli {

Result<ScratchFolder> ScratchFolder::make() {
  std::string pattern = (std::filesystem::temp_directory_path() / "credence-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return fail_in(Errc::io, pattern, "cannot make a folder");
  return ScratchFolder(pattern);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!kept_ && !path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace credence::cli
