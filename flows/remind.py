"""Who is told that something waits for them, and what ends by itself."""

from prefect import flow

from tasks import changing, reminding, watching


@flow(name="remind", persist_result=False)
def remind() -> None:
    """Every fifteen minutes: say what is overdue or over, remind whoever something waits for, ask for the digests."""
    reminding.say_what_is_overdue()
    watching.say_which_monitors_are_silent()
    reminding.end_exposures_that_are_over()
    reminding.tell_clocks_again()
    reminding.remind_of_care()
    reminding.list_exposed_units()
    changing.see_to_silent_sites()
    reminding.remind_of_waiting_gates()
    reminding.ask_for_digests()
