set(sources compare.cpp describe.cpp environment.cpp form.cpp join.cpp read_record.cpp read_reference.cpp scheme.cpp test_root.cpp trace_steps.cpp)
