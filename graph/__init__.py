"""The LangGraph state machine and the `Advisor` facade that every door calls."""
