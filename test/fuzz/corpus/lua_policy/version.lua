if semver_cmp(evidence.version, "3.5") < 0 then
  executables = UNSAFE_RT
end
