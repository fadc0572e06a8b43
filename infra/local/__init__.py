"""The local AWS stack: start, deploy, try, stop. No account, no container engine."""
