# credence_scheme(NAME READS kind...)
# A scheme of this build: the folder src/verifier/scheme/NAME. What it reads are the kinds of evidence, each the folder
# src/evidence/KIND (docs/architecture.md, "How a scheme is added").
macro(credence_scheme name)
  cmake_parse_arguments(scheme "" "" "READS" ${ARGN})
  list(APPEND CREDENCE_SCHEMES ${name})
  list(APPEND CREDENCE_EVIDENCE_KINDS ${scheme_READS})
  list(REMOVE_DUPLICATES CREDENCE_EVIDENCE_KINDS)
endmacro()

# credence_sources(RESULT FOLDER...)
# The sources of folders that know their own: each has a sources.cmake that sets `sources` and, of them, `alone`
# (credence_alone).
function(credence_sources result)
  set(all "")
  foreach(folder IN LISTS ARGN)
    set(sources "")
    set(alone "")
    include(${CMAKE_CURRENT_SOURCE_DIR}/${folder}/sources.cmake)
    list(TRANSFORM sources PREPEND ${folder}/)
    list(APPEND all ${sources})
    if(alone)
      list(TRANSFORM alone PREPEND ${folder}/)
      credence_alone(${alone})
    endif()
  endforeach()
  set(${result} ${all} PARENT_SCOPE)
endfunction()

# credence_registry(LIBRARY WHAT FOLDER NAME...)
# Makes the header FOLDER/all_WHATs.h for credence_LIBRARY: all_WHATs() gives NAME_WHAT() of FOLDER/NAME/WHAT.h for each
# name.
function(credence_registry library what folder)
  set(includes "")
  set(entries "")
  foreach(name IN LISTS ARGN)
    string(APPEND includes "#include \"${folder}/${name}/${what}.h\"\n")
    list(APPEND entries "&${name}_${what}()")
  endforeach()
  list(JOIN entries ", " entries)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(CONFIGURE OUTPUT ${generated}/${folder}/all_${what}s.h @ONLY CONTENT [[
// Made by cmake from the list in cmake/Schemes.cmake.
#pragma once

#include <array>

@includes@
namespace credence::@library@ {

inline auto all_@what@s() { return std::array{@entries@}; }

}  // namespace credence::@library@
]])
  target_include_directories(credence_${library} PRIVATE ${generated})
endfunction()

credence_scheme(arm_cca READS psa cca)
credence_scheme(parsec_cca READS psa cca parsec_cca)
credence_scheme(parsec_tpm READS tpm)
credence_scheme(psa_iot READS psa)
credence_scheme(riot READS dice)
credence_scheme(sevsnp READS sevsnp)
credence_scheme(tpm_enacttrust READS tpm enacttrust)
