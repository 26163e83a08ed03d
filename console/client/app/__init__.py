"""The desk's composition root: wires adapters to services and screens, and owns every process and loop.

May not touch: `console.server`; its embedded backend is another process, talked to over pipes and loopback only.
"""
