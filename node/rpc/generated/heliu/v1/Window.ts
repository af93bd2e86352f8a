// Original file: proto/heliu/v1/transfer.proto

import type { OfferedReceipt as _heliu_v1_OfferedReceipt, OfferedReceipt__Output as _heliu_v1_OfferedReceipt__Output } from '../../heliu/v1/OfferedReceipt.ts';
import type { WindowCalls as _heliu_v1_WindowCalls, WindowCalls__Output as _heliu_v1_WindowCalls__Output } from '../../heliu/v1/WindowCalls.ts';

export interface Window {
  'window'?: (string);
  'receipt'?: (_heliu_v1_OfferedReceipt | null);
  'calls'?: (_heliu_v1_WindowCalls | null);
  '_calls'?: "calls";
}

export interface Window__Output {
  'window': (string);
  'receipt': (_heliu_v1_OfferedReceipt__Output | null);
  'calls'?: (_heliu_v1_WindowCalls__Output | null);
  '_calls'?: "calls";
}
