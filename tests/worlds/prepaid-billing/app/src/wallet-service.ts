// The purse of an organisation. Every function is one call of a database function, so nothing is checked and then done.
import { supabase } from './database';

export const deductAssetCost = (orgId: string, pence: number, type: string, why: string, key: string) =>
  supabase.rpc('check_balance_and_deduct_asset_cost', {
    p_org_id: orgId, p_cost_pence: pence, p_asset_type: type, p_description: why, p_idempotency_key: key,
  });

export const reserveCallCredits = (orgId: string, callId: string, vapiCallId: string, minutes = 5) =>
  supabase.rpc('reserve_call_credits', {
    p_org_id: orgId, p_call_id: callId, p_vapi_call_id: vapiCallId, p_estimated_minutes: minutes,
  });

export const commitReservedCredits = (callId: string, seconds: number) =>
  supabase.rpc('commit_reserved_credits', { p_call_id: callId, p_actual_duration_seconds: seconds });
