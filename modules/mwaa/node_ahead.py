"""Requests to jsii's Node process whose answers are not waited for, so that Node works while Python goes on.

jsii numbers its objects one by one, so the reference of a new one is known before the answer.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsii
from jsii._kernel import _make_reference_for_native, _reference_map  # type: ignore[attr-defined]
from jsii._kernel.providers.process import jdefault, ohook
from jsii._kernel.types import CreateRequest, InvokeRequest, ObjRef

_NUMBER = re.compile(rb'"\$jsii\.byref":"[^"]*@(\d+)"')


class NodeAhead:
    """The requests that are not waited for. Their answers are read, and compared, before the next one that is."""

    _LIMIT = 200
    """Answers left unread, of some 150 bytes each: more would fill the pipes, and both sides would wait."""

    def __init__(self) -> None:
        self.wanted = False
        self._node: Any = jsii.kernel.provider._process  # type: ignore[attr-defined]
        self._node.__dict__["_next_message"] = self._next_message
        self._unread: deque[str | None] = deque()
        self._last = 0

    @property
    def numbered(self) -> bool:
        """Whether the number of jsii's next object is known: the first one was answered."""
        return self._last > 0

    def create(self, klass: type[Any], obj: Any, args: list[Any]) -> Any:
        """Create an object under the number that jsii will give it."""
        native = _make_reference_for_native(jsii.kernel, args)
        interfaces = [face.__jsii_type__ for face in getattr(klass, "__jsii_ifaces__", [])]
        fqn = klass.__jsii_type__
        self._last += 1
        obj.__jsii_ref__ = ObjRef(ref=f"{fqn}@{self._last}")
        self._send(CreateRequest(fqn=fqn, args=native, overrides=[], interfaces=interfaces), obj.__jsii_ref__.ref)
        _reference_map.register_reference(obj)
        return obj.__jsii_ref__

    def override_logical_id(self, element: Any, address: str) -> None:
        self._send(InvokeRequest(objref=element.__jsii_ref__, method="overrideLogicalId", args=[address]), None)

    def _send(self, request: Any, reference: str | None) -> None:
        if len(self._unread) >= self._LIMIT:
            self._read()
        document = self._node._serializer.unstructure(request)
        self._node._process.stdin.write(json.dumps(document, default=jdefault).encode() + b"\n")
        self._unread.append(reference)
        if reference is None:  # an element is complete: Node can begin
            self._node._process.stdin.flush()

    def _read(self) -> None:
        """Read what is unread. Raises RuntimeError for the first request that Node refused."""
        self._node._process.stdin.flush()
        error = ""
        while self._unread:
            expected = self._unread.popleft()
            answer = json.loads(self._node._process.stdout.readline())
            if "error" in answer:
                error = error or f"{answer['error']} (for {expected or 'a logical id'})"
            elif expected is not None and (made := answer["ok"]["$jsii.byref"]) != expected:
                error = error or f"jsii made {made} where {expected} was expected"
        if error:
            self._last = 0  # the numbers after it are others
            raise RuntimeError(error)

    def _next_message(self) -> Any:
        try:
            self._read()
        finally:
            line: bytes = self._node._process.stdout.readline()
        self._last = max(self._last, *map(int, _NUMBER.findall(line)), 0)
        return json.loads(line, object_hook=ohook)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """What is created in the block need not be waited for."""
        self.wanted = True
        try:
            yield
        finally:
            self.wanted = False
