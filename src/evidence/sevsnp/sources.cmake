set(sources certificate_table.cpp check.cpp kind.cpp report.cpp tcb.cpp tsm_report.cpp vek.cpp)
