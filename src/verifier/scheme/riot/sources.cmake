set(sources compare.cpp endorsed.cpp scheme.cpp stated.cpp trace_steps.cpp vouchers.cpp)
