import time
from tests.browser.conftest import *
def test_a(visitor):
    t=time.time(); p=visitor.open(); print("map",time.time()-t)
    p.wait_for_selector("html[data-app=ready]",state="attached"); print("app",time.time()-t)
    print(p.title(), p.url)
    print(visitor.guard.requests)
def test_b(visitor):
    t=time.time(); p=visitor.open(app=True); print("app",time.time()-t)
    p.locator("#shapes [aria-label^='Osh,']").first.click(force=True)
    p.wait_for_selector("#panel h2"); print("panel", time.time()-t)
    p.wait_for_selector("#series .main-svg"); print("plot", time.time()-t)
    p.keyboard.press("t"); p.wait_for_selector(".ag-row"); print("table", time.time()-t)
    p.screenshot(path="/tmp/w/t_1.png")
