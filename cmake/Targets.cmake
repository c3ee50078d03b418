# credence_library(NAME SOURCES file... [LIBRARIES target...] [PRIVATE_LIBRARIES target...])
# One static library a folder, named credence_NAME.
function(credence_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  add_library(credence_${name} STATIC ${arg_SOURCES})
  target_include_directories(credence_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(credence_${name} PUBLIC ${arg_LIBRARIES} PRIVATE ${arg_PRIVATE_LIBRARIES})
endfunction()

# credence_test(NAME SOURCES file... LIBRARIES target... [LABELS label...])
# One GoogleTest program; every case of it is a test of ctest.
function(credence_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock_main)
  target_compile_definitions(${name} PRIVATE CREDENCE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             CREDENCE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS "${name};${arg_LABELS}")
endfunction()

# credence_fuzz_target(NAME SOURCE file LIBRARIES target...)
# With clang and CREDENCE_FUZZ: a libFuzzer program. Otherwise a program that runs each file of its corpus once, so
# that every corpus is replayed under the sanitizers of the ordinary test run.
function(credence_fuzz_target name)
  cmake_parse_arguments(arg "" "SOURCE" "LIBRARIES" ${ARGN})
  set(corpus ${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${name})
  add_executable(fuzz_${name} ${arg_SOURCE})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES})
  if(CREDENCE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/test/fuzz/replay.cpp)
    add_test(NAME corpus.${name} COMMAND fuzz_${name} ${corpus})
  endif()
endfunction()
