#!/bin/bash
# MWAA runs this on every component before it installs requirements.txt, for at most five minutes. The output is in the
# log streams startup_script_execution_ip*; Airflow and every task get the exported variables.
#
# No "set -e", "set -u" or "exit" here: MWAA reads the variables in the same shell after the script. If that shell ends
# early, the component does not start.

echo "startup.sh: component ${MWAA_AIRFLOW_COMPONENT:-unknown}, $(python3 --version 2>&1)"

# pip has nine minutes for the requirements. A slow index must not end the attempt.
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_DEFAULT_TIMEOUT=60

case "${MWAA_AIRFLOW_COMPONENT:-}" in
    worker | hybrid) # "hybrid" is scheduler and worker in one: the only worker of the class mw1.micro
        # Every task is a process of its own. Left alone, NumPy starts a thread for each CPU in each of them, and the C
        # library keeps eight memory arenas for each CPU: tasks slow each other down, and memory runs out.
        export OMP_NUM_THREADS=1
        export OPENBLAS_NUM_THREADS=1
        export MALLOC_ARENA_MAX=2
        ;;
esac
