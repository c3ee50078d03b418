set(sources appraise_platform.cpp appraise_realm.cpp questions.cpp realm_values.cpp scheme.cpp stated.cpp)
