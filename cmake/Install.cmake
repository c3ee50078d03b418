# What `cmake --install` puts where: the command with its manual, completion and systemd unit, and the CMake package Credence with the
# public headers and the libraries under them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS credence)
install(FILES docs/man/credence.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
# The command writes its own completion, so that the two cannot differ.
install(CODE "execute_process(COMMAND $<TARGET_FILE:credence> completion
  OUTPUT_FILE ${CMAKE_BINARY_DIR}/credence-completion COMMAND_ERROR_IS_FATAL ANY)")
install(FILES ${CMAKE_BINARY_DIR}/credence-completion
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME credence)
# The unit of the verifier says where the command is, which the prefix of the installation decides.
install(CODE "file(READ ${CMAKE_SOURCE_DIR}/packaging/systemd/credence-verifier.service unit)
string(REPLACE /usr/bin/credence \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/credence\" unit \"\${unit}\")
file(WRITE ${CMAKE_BINARY_DIR}/credence-verifier.service \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/credence-verifier.service DESTINATION lib/systemd/system)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Credence)
foreach(name IN ITEMS base wire crypto sign rats evidence rot rot_software rot_tpm2 provider verifier channel client edge api
                      api_local)
  set_target_properties(credence_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS credence_${name} EXPORT CredenceTargets)
endforeach()
target_compile_features(credence_api PUBLIC cxx_std_23)
install(DIRECTORY include/credence DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT CredenceTargets NAMESPACE Credence:: DESTINATION ${package})
configure_package_config_file(cmake/CredenceConfig.cmake.in ${CMAKE_BINARY_DIR}/CredenceConfig.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/CredenceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/CredenceConfig.cmake ${CMAKE_BINARY_DIR}/CredenceConfigVersion.cmake
  DESTINATION ${package})
