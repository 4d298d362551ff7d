"""The four tables, whole, and the times that the RFC gives."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.effects import Peer
from sip.headers import CSeq
from sip.message import Headers, Request, Response, respond
from sip.timers import Timer, TimerValues
from sip.transactions.client import CLIENT, Client
from sip.transactions.invite_client import INVITE_CLIENT, InviteClient
from sip.transactions.invite_server import INVITE_SERVER, InviteServer
from sip.transactions.machine import Action, Deliver, Failed, Input, Outcome, State, Table, Transaction, Transmit
from sip.transactions.server import SERVER, Server
from sip.uri import Uri

UDP = Peer("udp", "10.0.0.1", 5060)
TCP = Peer("tcp", "10.0.0.1", 5060)
TABLES = {InviteClient: INVITE_CLIENT, Client: CLIENT, InviteServer: INVITE_SERVER, Server: SERVER}


def request(method: str) -> Request:
    fields = [
        ("Via", "SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx"),
        ("From", "<sip:a@x>;tag=1"),
        ("To", "<sip:b@y>"),
        ("Call-ID", "c"),
        ("CSeq", str(CSeq(1, method))),
    ]
    return Request(method, Uri.parse("sip:b@y"), Headers(fields))


def make(kind: type[Transaction], peer: Peer = UDP) -> Transaction:
    if issubclass(kind, Client):
        return kind(request(method_of(kind)), peer, TimerValues(), 0.0)
    return kind(peer, TimerValues(), 0.0)


def method_of(kind: type[Transaction]) -> str:
    return "INVITE" if kind in (InviteClient, InviteServer) else "BYE"


def transmissions(transaction: Transaction, until: float, first: list[Outcome] | None = None) -> list[float]:
    times = [0.0 for outcome in first or [] if isinstance(outcome, Transmit)]
    while (at := transaction.deadline()) is not None and at <= until:
        times += [at for outcome in transaction.tick(at) if isinstance(outcome, Transmit)]
    return times


def response(status: int, method: str = "INVITE") -> Response:
    return respond(request(method), status, to_tag="2")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.initial.name)
def test_each_pair_of_state_and_input_is_a_transition_or_changes_nothing(table: Table) -> None:
    states = set(table.timers)
    for state, stimulus in product(states, [*Input, *Timer]):
        transition = table.transitions.get((state, stimulus))
        if transition is None:
            continue
        assert state is not State.TERMINATED
        assert transition.to in states
        if isinstance(stimulus, Timer):
            assert stimulus in table.timers[state], "a timer can fire only where it runs"
        if state is transition.to and isinstance(stimulus, Timer):
            assert transition.actions == (Action.RETRANSMIT,), "a timer that is not restarted must lead on"


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.initial.name)
def test_each_timer_that_runs_in_a_state_does_something_there(table: Table) -> None:
    for state, timers in table.timers.items():
        for timer in timers:
            assert (state, timer) in table.transitions


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.initial.name)
def test_every_state_can_be_reached_and_leads_to_the_end(table: Table) -> None:
    reached = {table.initial}
    for _ in State:
        reached |= {transition.to for (state, _), transition in table.transitions.items() if state in reached}
    assert reached == set(table.timers)
    ending = {State.TERMINATED}
    for _ in State:
        ending |= {state for (state, _), transition in table.transitions.items() if transition.to in ending}
    assert ending == reached


@pytest.mark.parametrize(("kind", "table"), TABLES.items(), ids=lambda item: getattr(item, "__name__", ""))
def test_the_machine_does_what_its_table_says_for_every_pair(kind: type[Transaction], table: Table) -> None:
    for state, stimulus in product(table.timers, [*Input, *Timer]):
        transaction = make(kind)
        transaction.state = state
        method = method_of(kind)
        messages = {
            Input.REQUEST: request(method),
            Input.ACK: request("ACK"),
            Input.PROVISIONAL: response(180, method),
            Input.SUCCESS: response(200, method),
            Input.FAILURE: response(486, method),
        }
        message = messages.get(stimulus) if isinstance(stimulus, Input) else None
        outcomes = transaction._apply(stimulus, 1.0, message)
        expected = table.transitions.get((state, stimulus))
        assert transaction.state is (state if expected is None else expected.to)
        if expected is None:
            assert outcomes == []
        elif expected.to is not state:
            running = {timer for timer in Timer if timer in transaction._deadlines}
            assert running == table.timers[expected.to]


def test_an_invite_is_retransmitted_as_timer_a_says_and_given_up_by_timer_b() -> None:
    transaction = make(InviteClient)
    assert isinstance(transaction, InviteClient)
    assert transmissions(transaction, 31.9, transaction.start()) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert transaction.tick(32.0) == [Failed(408)]
    assert transaction.deadline() is None


def test_an_invite_that_rings_and_never_ends_is_forgotten_as_timer_c_says() -> None:
    transaction = make(InviteClient)
    assert isinstance(transaction, InviteClient)
    transaction.receive(response(180), 1.0)
    assert transaction.receive(response(180), 400.0) == [Deliver(response(180))]
    assert transaction.tick(600.9) == []
    assert transaction.tick(601.0) == [Failed(408)]


def test_another_request_is_retransmitted_as_timer_e_says_and_given_up_by_timer_f() -> None:
    transaction = make(Client)
    assert isinstance(transaction, Client)
    sent_at = transmissions(transaction, 31.9, transaction.start())
    assert sent_at == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert transaction.tick(32.0) == [Failed(408)]


def test_once_somebody_works_on_a_request_it_is_repeated_every_four_seconds() -> None:
    transaction = make(Client)
    assert isinstance(transaction, Client)
    transaction.receive(response(100, "BYE"), 0.2)
    assert transmissions(transaction, 31.9) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]


def test_a_failure_is_retransmitted_until_its_ack_as_timer_g_says() -> None:
    transaction = make(InviteServer)
    assert isinstance(transaction, InviteServer)
    first = transaction.send(response(486), 0.0)
    assert transmissions(transaction, 8.0, first) == [0, 0.5, 1.5, 3.5, 7.5]
    transaction.receive(request("ACK"), 8.0)
    assert transmissions(transaction, 60.0) == []
    assert transaction.state is State.TERMINATED


def test_a_failure_without_ack_is_given_up_by_timer_h() -> None:
    transaction = make(InviteServer)
    assert isinstance(transaction, InviteServer)
    transaction.send(response(486), 0.0)
    assert transmissions(transaction, 31.9) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert transaction.tick(32.0) == [Failed(408)]


def test_an_ack_of_a_failure_goes_the_way_of_its_invite() -> None:
    transaction = make(InviteClient)
    assert isinstance(transaction, InviteClient)
    sent = transaction.receive(response(486), 0.1)[0]
    assert isinstance(sent, Transmit)
    lines = sent.data.decode().split("\r\n")
    assert lines[0] == "ACK sip:b@y SIP/2.0"
    assert "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx" in lines
    assert "To: <sip:b@y>;tag=2" in lines
    assert "CSeq: 1 ACK" in lines


def test_every_2xx_of_a_fork_reaches_the_user_for_32_seconds() -> None:
    transaction = make(InviteClient)
    assert isinstance(transaction, InviteClient)
    assert [transaction.receive(response(200), at) for at in (1.0, 5.0, 32.9)] == [[Deliver(response(200))]] * 3
    transaction.tick(33.0)
    assert transaction.receive(response(200), 33.1) == []


def test_a_repeated_request_gets_the_same_answer() -> None:
    transaction = make(Server)
    assert isinstance(transaction, Server)
    assert transaction.receive(request("BYE"), 0.0) == []
    sent = transaction.send(response(200, "BYE"), 0.1)
    assert transaction.receive(request("BYE"), 0.5) == sent
    transaction.tick(32.1)
    assert transaction.state is State.TERMINATED


def test_over_tcp_nothing_is_retransmitted_and_nothing_lingers() -> None:
    transaction = make(Client, TCP)
    assert isinstance(transaction, Client)
    assert transmissions(transaction, 31.9, transaction.start()) == [0]
    transaction.receive(response(200, "BYE"), 31.9)
    transaction.tick(31.9)
    assert transaction.state is State.TERMINATED


def test_a_process_that_was_stopped_sends_once_and_not_for_each_time_it_missed() -> None:
    transaction = make(InviteClient)
    assert len(transaction.tick(20.0)) == 1


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(TABLES)), st.lists(st.tuples(st.sampled_from(Input), st.floats(0, 40)), max_size=20))
def test_after_any_inputs_in_any_order_time_alone_ends_what_has_a_timer(
    kind: type[Transaction], inputs: list[tuple[Input, float]]
) -> None:
    transaction = make(kind)
    method = method_of(kind)
    now = 0.0
    for stimulus, pause in inputs:
        now += pause
        transaction.tick(now)
        status = {Input.PROVISIONAL: 180, Input.SUCCESS: 200, Input.FAILURE: 486}.get(stimulus)
        transaction._apply(stimulus, now, response(status, method) if status else request(method))
    while (at := transaction.deadline()) is not None:
        assert at > now - 1e-9
        now = at
        transaction.tick(now)
    assert now < 2000
    assert transaction.state is State.TERMINATED or not transaction.table.timers[transaction.state]


def test_a_transaction_tells_its_state_and_its_next_timer() -> None:
    assert repr(make(Client)) == "<Client trying, next timer 0.5>"
