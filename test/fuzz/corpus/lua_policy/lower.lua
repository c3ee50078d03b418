status = "contraindicated"
hardware = UNRECOGNIZED_HW
added_claims = {problem = scheme .. submod}
